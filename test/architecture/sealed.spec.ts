import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';

const SOURCE = new URL('../../src', import.meta.url).pathname;
const sources = async () =>
  (await readdir(SOURCE, { recursive: true })).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));

it('whoever seals something says where it is kept, so that SECRET_KEY can be rotated', async () => {
  const files = await sources();
  const rotated = await readFile(join(SOURCE, 'everything-sealed.ts'), 'utf8');
  const said = files.filter((file) => file.endsWith('.sealed.ts'));
  const sealing: string[] = [];
  for (const file of files)
    if (/\bsecrets\.seal\(/.test(await readFile(join(SOURCE, file), 'utf8'))) sealing.push(dirname(file));

  expect(said.filter((file) => !rotated.includes(`./${file.replace(/\.ts$/, '.js')}`))).toEqual([]);
  expect([...new Set(sealing)].sort()).toEqual(said.map((file) => dirname(file)).sort());
});

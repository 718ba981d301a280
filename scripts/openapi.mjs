// Writes docs/openapi.json and docs/asyncapi.json from the decorators of the house; needs no database and no Redis.
import { writeFile } from 'node:fs/promises';
import { build } from './build.mjs';

await build();
const { describe } = await import('../dist/boot.js');
for (const [name, document] of Object.entries(await describe()))
  await writeFile(`docs/${name}.json`, `${JSON.stringify(document, null, 2)}\n`);

// Writes docs/openapi.json from the decorators of the house; needs no database and no Redis.
import { writeFile } from 'node:fs/promises';
import { build } from './build.mjs';

await build();
const { describe } = await import('../dist/boot.js');
await writeFile('docs/openapi.json', `${JSON.stringify(await describe(), null, 2)}\n`);

// `npm run bench`: compiles what changed, then measures it.
import '../bench/typescript.mjs';
import { build } from './build.mjs';

await build();
await import('../bench/main.ts');

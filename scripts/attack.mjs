// `npm run attack`: compiles what changed, then attacks it.
import './typescript.mjs';
import { build } from './build.mjs';

await build();
await import('../test/attacks/main.ts');

// `npm start`: compiles what changed, then is the quickstart. One process, so that signals need no passing on.
import { build } from './build.mjs';

try {
  await build();
} catch (error) {
  console.error(`The source does not compile: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
await import('../dist/quickstart/main.js');

// `npm run contracts`: the scenarios are TypeScript and run as they are; nothing has to be built.
import './typescript.mjs';

await import('../test/contracts/main.ts');

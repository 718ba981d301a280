// `npm run prepare`: points git at .husky/. Where there is nothing to hook (a production install, CI, a copy without
// .git) it does nothing, because an install must not fail for want of a hook.
import { existsSync } from 'node:fs';

const wanted = process.env.CI !== 'true' && process.env.NODE_ENV !== 'production' && existsSync('.git');

if (wanted) {
  const husky = await import('husky').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  });
  const problem = husky?.default();
  if (problem) console.error(`The git hooks were not installed: ${problem}`);
}

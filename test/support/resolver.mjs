// Jest's resolver, but for the two requires that throttler.mjs explains.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const THROTTLER = join('node_modules', '@nestjs', 'throttler');
const NEST = fileURLToPath(new URL('nest-for-throttler.cjs', import.meta.url));

const resolve = (request, options) =>
  /^@nestjs\/(common|core)$/.test(request) && options.basedir.includes(THROTTLER)
    ? NEST
    : options.defaultResolver(request, options);
export default resolve;

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidPlugin } from './invalid-plugin.js';
import { makerOf, type Plugin } from './plugin.js';

/**
 * Every plugin that the named modules export.
 * @param names packages, or paths of files from the working folder
 * @throws InvalidPlugin for one that cannot be found, or exports none
 */
export async function loadPlugins(names: readonly string[], folder = process.cwd()): Promise<Plugin[]> {
  const found = await Promise.all(names.map((name) => pluginsOf(name, folder)));
  return found.flat();
}

async function pluginsOf(name: string, folder: string): Promise<Plugin[]> {
  const exported = Object.values(await imported(name, folder));
  const plugins = [...new Set(exported.filter((thing) => makerOf(thing) !== undefined))];
  if (plugins.length > 0) return plugins as Plugin[];
  throw new InvalidPlugin([`${name} of CHATAPI_PLUGINS exports no plugin: let it export what definePlugin makes.`]);
}

async function imported(name: string, folder: string): Promise<object> {
  const isPath = /^[./]/.test(name);
  const address = isPath ? pathToFileURL(resolve(folder, name)).href : name;
  try {
    return await load(address);
  } catch (error) {
    if (!isMissing(error, isPath ? resolve(folder, name) : name)) throw error;
    const beside = isPath ? undefined : fromFolder(name, folder);
    if (beside) return load(pathToFileURL(beside).href);
    const cure = isPath ? 'the path is taken from the working folder' : 'install it beside chatapi';
    throw new InvalidPlugin([`${name} of CHATAPI_PLUGINS cannot be found: ${cure}.`]);
  }
}

const load = async (address: string): Promise<object> => (await import(address)) as object;

/** Not something that it imports itself, which is a fault of another kind and shown as it is. */
const isMissing = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  ) &&
  error.message.includes(`'${name}'`);

/** Where packages are kept apart, as pnpm does, chatapi itself does not see its neighbours. */
function fromFolder(name: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
}

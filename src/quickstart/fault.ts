import { InvalidEnvironment } from '../config/env.js';

/** Of the contracts of plugins, which are loaded with the service and not before. */
const INVALID_PLUGIN = 'InvalidPlugin';

/** What the person at the keyboard can mend: one sentence that says what is wrong and what to do. Printed without a stack. */
export class QuickstartFault extends Error {
  override readonly name = 'QuickstartFault';
}

const FOLDER_FAULTS = new Set(['EACCES', 'EPERM', 'EEXIST', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EISDIR', 'EDQUOT']);

/** The sentence for an error that has a cure, or undefined for one that is a defect and deserves its stack. */
export function sentenceFor(error: unknown): string | undefined {
  if (error instanceof QuickstartFault || error instanceof InvalidEnvironment) return error.message;
  if (error instanceof Error && error.name === INVALID_PLUGIN) return error.message;
  if (!isSystemError(error)) return undefined;
  if (error.code === 'EADDRINUSE') return portTaken(error.port ?? 'PORT');
  if (error.path && FOLDER_FAULTS.has(error.code ?? '')) {
    return `${error.path} cannot be used (${error.code}): give this user the folder, or set CHATAPI_HOME to one it owns.`;
  }
  return undefined;
}

export function portTaken(port: number | string): string {
  return `Port ${port} is taken: stop what uses it or set PORT to another.`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { port?: number } {
  return error instanceof Error && 'code' in error;
}

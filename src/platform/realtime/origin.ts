import { DomainError } from '../errors/index.js';

/**
 * Browsers always say where a page comes from; what says nothing is no browser, and is judged by its key alone.
 * @throws DomainError `forbidden` when the client names origins and this is none of them
 */
export function assertOrigin(allowed: readonly string[], origin: string | undefined): void {
  if (allowed.length === 0 || origin === undefined) return;
  const from = normal(origin);
  if (!allowed.some((one) => one === '*' || normal(one) === from))
    throw new DomainError('forbidden', 'forbidden', 'Pages of this origin may not open sockets; see allowedOrigins.');
}

/** Scheme, host and port in one spelling: https://www.rfc-editor.org/rfc/rfc6454#section-6.1 */
function normal(origin: string): string {
  try {
    const { protocol, host } = new URL(origin);
    return `${protocol}//${host}`;
  } catch {
    return origin; // "null": a sandboxed frame, a file
  }
}

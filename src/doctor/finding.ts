import { scrub } from '../platform/observability/scrub.js';

/** `failure`: the service cannot keep its promises here. `warning`: it can, and an operator should know. */
export type Level = 'ok' | 'warning' | 'failure';

/** One thing that was looked at. Never holds a secret or an address with one. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found });
export const warning = (check: string, found: string, advice: string): Finding => ({
  ...{ check, level: 'warning', found, advice },
});
export const failure = (check: string, found: string, advice: string): Finding => ({
  ...{ check, level: 'failure', found, advice },
});

/** What an error says, without what it may repeat of addresses and passwords. */
export function said(error: unknown): string {
  const { message = '', code = '' } = (typeof error === 'object' && error !== null ? error : {}) as {
    message?: string;
    code?: string;
  };
  return scrub(message || code || String(error)).replaceAll(/\s+/g, ' ');
}

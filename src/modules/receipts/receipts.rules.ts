import type { Receipt } from '../../extension/index.js';

const TOKEN_MAX = 200;
const REFERENCE_MAX = 300;
const RECIPIENT_MAX = 500;
const DETAIL_MAX = 4_000;

/** A receipt as it can be stored, whatever a plugin made of what a stranger sent. */
export function storable({
  token,
  nonce,
  kind,
  at,
  deliveryId,
  reference,
  recipient,
  detail,
}: Receipt): Receipt | null {
  if (token === '' || Number.isNaN(at.getTime())) return null;
  return {
    token: clean(token, TOKEN_MAX),
    kind,
    at,
    ...(nonce !== undefined && { nonce: clean(nonce, TOKEN_MAX) }),
    ...(deliveryId !== undefined && { deliveryId }),
    ...(reference !== undefined && { reference: clean(reference, REFERENCE_MAX) }),
    ...(recipient !== undefined && { recipient: clean(recipient, RECIPIENT_MAX) }),
    ...(detail !== undefined && { detail: clean(detail, DETAIL_MAX) }),
  };
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
const clean = (text: string, max: number): string => text.slice(0, max).replaceAll('\0', '').toWellFormed();

/** Looked for this long after it came, and not any more: by then its message was never ours. */
export const GIVE_UP_SECONDS = 86_400;
/** How long at least until the next look. */
export const LOOK_AGAIN_SECONDS = 5;
/** Longer than any provider goes on telling the same. */
export const KEPT_DAYS = 7;

const POLL_SECONDS = 300;
const LONGEST_PAUSE_SECONDS = 3_600;

/** How long until a provider is asked again. @param failures that it answered with in a row */
export const pollPauseSeconds = (failures: number): number =>
  Math.min(LONGEST_PAUSE_SECONDS, POLL_SECONDS * 2 ** Math.min(failures, 10));

import { MASK } from '../../platform/security/index.js';

const EMAIL = /([^\s<>"',;:()@])[^\s<>"',;:()@]*@([\w.-]+)/g;
/** As telephone numbers are written; codes of mail servers (`550 5.1.1`) look alike, and are shorter. */
const PHONE = /\+?\d[\d ().-]{5,}\d/g;
const PHONE_DIGITS = 7;

/** A text without whom it is about: of addresses the first letter and the domain, of numbers the last two digits. */
export const withoutPeople = (said: string): string =>
  said
    .replaceAll(EMAIL, `$1${MASK}@$2`)
    .replaceAll(PHONE, (text) =>
      text.replaceAll(/\D/g, '').length < PHONE_DIGITS ? text : `${MASK}${text.slice(-2)}`,
    );

/** Where something went: the client's own id of a user as it is, an address only as far as support needs it. */
export function recipientShown(recipient: string, userId: string | null): string {
  if (recipient === userId) return recipient;
  if (URL.canParse(recipient) && recipient.includes('://')) return new URL(recipient).origin;
  const shown = withoutPeople(recipient);
  return shown === recipient && recipient.length > 8 ? `${MASK}${recipient.slice(-4)}` : shown;
}

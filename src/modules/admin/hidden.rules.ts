import { MASK } from '../../platform/security/index.js';

const EMAIL = /([^\s<>"',;:()@])[^\s<>"',;:()@]*@([\w.-]+)/g;
/** As telephone numbers are written. */
const PHONE = /\+?\d[\d ().-]{5,}\d/g;

/** A text without whom it is about: of addresses the first letter and the domain, of numbers the last two digits. */
export const withoutPeople = (text: string): string =>
  text.replaceAll(EMAIL, `$1${MASK}@$2`).replaceAll(PHONE, (number) => `${MASK}${number.slice(-2)}`);

/** Where something went: the client's own id of a user as it is, an address only as far as support needs it. */
export function recipientShown(recipient: string, userId: string | null): string {
  if (recipient === userId) return recipient;
  if (URL.canParse(recipient) && recipient.includes('://')) return new URL(recipient).origin;
  const shown = withoutPeople(recipient);
  return shown === recipient && recipient.length > 8 ? `${MASK}${recipient.slice(-4)}` : shown;
}

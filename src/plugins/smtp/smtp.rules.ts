import { type Outcome, providerFault, rejected, retryLater } from '../../extension/index.js';

/** What the library says of a failure; the server's reply when it gave one. */
export interface SmtpFailure extends Error {
  readonly code?: string;
  readonly responseCode?: number | false;
  readonly response?: string;
  readonly command?: string;
  /** Of one address, when the server refused it and perhaps took others. */
  readonly recipient?: string;
  readonly rejectedErrors?: readonly SmtpFailure[];
}

/** Where the server speaks of us rather than of this mail. */
const ABOUT_US = /^(CONN|EHLO|HELO|LHLO|AUTH|STARTTLS)/;
/** RFC 4954: the server wants credentials, other ones, or encryption first. */
const CREDENTIALS = new Set([530, 534, 535, 538]);
/** RFC 5321 3.8: "service not available, closing transmission channel". */
const CLOSING = 421;
/**
 * RFC 3463: a bad, moved or disabled mailbox, or a host that takes no mail; 5.5.0 is how Outlook.com says so. Other words (5.7.1: policy, 5.2.2: full) are of the
 * sender or of the day: an address that is taken for dead for them would never be written to again.
 */
const DEAD_ADDRESS = /^5\.(1\.([01236]|10)|2\.1|5\.0)$/;
/** RFC 5321, from a server that says no more. */
const DEAD_WITHOUT_WORDS = new Set([550, 551, 553]);
const ENHANCED = /^\d{3}[ -](5\.\d{1,3}\.\d{1,3})\b/;
const DETAIL_MAX = 1_000;

/**
 * What an SMTP failure means for a recipient: 4yz is not now, 5yz is final (RFC 5321 4.2.1), and a hard bounce when it is
 * about the address; a fault before the mail was offered is the provider's. After DATA it is unknown whether the mail was taken: it is sent again under the same Message-ID.
 */
export function outcomeOf(thrown: unknown, recipient: string): Outcome {
  const said = thrown as SmtpFailure;
  const error = refusalOf(said, recipient) ?? said;
  const detail = (error.response ?? error.message).slice(0, DETAIL_MAX).toWellFormed();
  if (error.name === 'EgressRefused') return rejected('ssrf_blocked', detail);
  if (error.code === 'EABORT') return providerFault('The deadline has passed.', { timedOut: true });
  const status = error.responseCode === false ? undefined : error.responseCode;
  if (status === undefined) return withoutReply(error, detail);
  if (status === CLOSING || CREDENTIALS.has(status) || error.code === 'EAUTH' || ABOUT_US.test(error.command ?? ''))
    return providerFault(detail);
  if (status < 500) return retryLater(detail);
  return rejected(isOfAddress(error, status, detail) ? 'hard_bounce' : 'provider_rejected', detail);
}

function isOfAddress({ command = '' }: SmtpFailure, status: number, detail: string): boolean {
  if (!command.startsWith('RCPT')) return false;
  const [, words] = ENHANCED.exec(detail) ?? [];
  return words === undefined ? DEAD_WITHOUT_WORDS.has(status) : DEAD_ADDRESS.test(words);
}

/** What the server said of this recipient, when it refused it. */
export const refusalOf = (
  { rejectedErrors = [] }: Pick<SmtpFailure, 'rejectedErrors'>,
  recipient: string,
): SmtpFailure | undefined => rejectedErrors.find((refused) => refused.recipient === recipient);

/** What the library refuses to send will not be sent by trying again; all else is the connection's. */
function withoutReply(error: SmtpFailure, detail: string): Outcome {
  if (error.code === 'EENVELOPE') return rejected('invalid_recipient', detail);
  if (error.code === 'EMESSAGE') return rejected('provider_rejected', detail);
  return providerFault(detail);
}

import { type Outcome, providerFault, rejected, retryLater } from '../../extension/index.js';

interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}

/** Where the server speaks of us rather than of this recipient. */
const ABOUT_US = /^(CONN|EHLO|HELO|AUTH|STARTTLS|API)/;
const DETAIL_MAX = 1_000;

/**
 * What an SMTP failure means: 4yz is not now, 5yz is final (RFC 5321 4.2.1); a fault before MAIL FROM is the provider's.
 * After DATA it is unknown whether the mail was taken: it is sent again under the same Message-ID.
 */
export function outcomeOf(thrown: unknown, timedOut: boolean): Outcome {
  const error = thrown as SmtpError;
  const detail = (error.response ?? error.message).slice(0, DETAIL_MAX);
  if (error.name === 'EgressRefused') return rejected('ssrf_blocked', detail);
  if (timedOut) return providerFault(detail, { timedOut });
  if (error.code === 'EENVELOPE' && error.responseCode === undefined) return rejected('invalid_recipient', detail);
  const { responseCode: status } = error;
  if (status === undefined || error.code === 'EAUTH' || ABOUT_US.test(error.command ?? ''))
    return providerFault(detail, { timedOut: error.code === 'ETIMEDOUT' });
  if (status === 421) return providerFault(detail); // "service not available, closing transmission channel"
  if (status < 500) return retryLater(detail);
  return /^RCPT/.test(error.command ?? '') ? rejected('hard_bounce', detail) : rejected('provider_rejected', detail);
}

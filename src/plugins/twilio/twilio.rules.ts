import {
  type HttpAnswer,
  type Outcome,
  outcomeOfRefusal,
  providerFault,
  type Receipt,
  type ReceiptKind,
  rejected,
  retryLater,
  retryAfterOf,
  sent,
  type SmsMessage,
  unknown,
} from '../../extension/index.js';

export interface Sender {
  readonly from?: string;
  readonly messagingServiceSid?: string;
}

/** What Twilio's codes say of a message: https://www.twilio.com/docs/api/errors */
const INVALID_RECIPIENT = new Set([
  21_211, // not a valid number
  21_214, // cannot be reached
  21_217, // does not look like a number
  21_614, // not a mobile number
]);
/** They replied STOP: Twilio sends them nothing from this sender. */
const UNSUBSCRIBED = 21_610;
const NOT_NOW = new Set([
  20_429, // too many requests
  21_611, // the sender's queue is full
  30_001, // the account's queue is full
]);
const ABOUT_US = new Set([
  20_003, // credentials
  20_005, // the account is not active
  20_404, // no such account
  21_603, // no sender
  21_606, // the sender cannot send text messages
  21_703, // the messaging service has no senders
  30_002, // the account is suspended
]);
/** Unknown destination handset. */
const UNKNOWN_DESTINATION = 30_005;

/** A gateway gave up on Twilio's answer: the message may have been taken. */
const GATEWAY = new Set([502, 504]);

const KINDS = new Map<string, ReceiptKind>([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
]);

/** @returns null when nobody is named who sends */
export function formOf(message: SmsMessage, settings: Sender, statusCallback: string | null): URLSearchParams | null {
  const from = message.from ?? settings.from;
  const service = from === undefined ? settings.messagingServiceSid : undefined;
  if (from === undefined && service === undefined) return null;
  return new URLSearchParams({
    To: message.to,
    Body: message.text,
    ...(from !== undefined && { From: from }),
    ...(service !== undefined && { MessagingServiceSid: service }),
    ...(statusCallback !== null && { StatusCallback: statusCallback }),
  });
}

export function outcomeOf(answer: HttpAnswer): Outcome {
  const { status } = answer;
  const { sid, code } = fieldsOf(answer);
  if (status >= 200 && status < 300)
    return typeof sid === 'string' ? sent(sid) : unknown('The answer names no message; is this Twilio?');
  if (GATEWAY.has(status)) return unknown(`${status} of a gateway`);
  const refusal = outcomeOfRefusal(answer);
  if (typeof code !== 'number') return refusal;
  if (INVALID_RECIPIENT.has(code)) return rejected('invalid_recipient', refusal.detail);
  if (code === UNSUBSCRIBED) return { ...rejected('provider_rejected', refusal.detail), recipientSaid: 'unsubscribed' };
  if (NOT_NOW.has(code)) return retryLater(refusal.detail, retryAfterOf(answer));
  return ABOUT_US.has(code) ? providerFault(refusal.detail) : refusal;
}

/** Of a status callback; none for a status on the way. */
export function receiptsOf(fields: URLSearchParams, deliveryId: string | undefined, at: Date): Receipt[] {
  const sid = fields.get('MessageSid');
  const status = fields.get('MessageStatus') ?? '';
  const kind = KINDS.get(status);
  if (sid === null || kind === undefined) return [];
  const code = Number(fields.get('ErrorCode') ?? 0);
  const detail = [status, fields.get('ErrorCode'), fields.get('ErrorMessage')]
    .filter(Boolean)
    .join(' ')
    .slice(0, 1_000);
  const receipt = { at, reference: sid, detail, ...(deliveryId !== undefined && { deliveryId }) };
  const token = `${sid}:${status}`.slice(0, 150);
  if (code === UNSUBSCRIBED)
    return [
      { ...receipt, token, kind },
      { ...receipt, token: `${token}:unsubscribed`, kind: 'unsubscribed' },
    ];
  return [{ ...receipt, token, kind: code === UNKNOWN_DESTINATION ? 'bounced' : kind }];
}

function fieldsOf({ text }: HttpAnswer): { readonly sid?: unknown; readonly code?: unknown } {
  try {
    return { ...(JSON.parse(text) as object) };
  } catch {
    return {};
  }
}

import { isUuid, type Receipt, type ReceiptKind } from '../../extension/index.js';
import { DELIVERY_VARIABLE, referenceOf } from './mailgun.rules.js';
import { signedCallOf } from './mailgun.signature.js';

/** As documented; nothing of it is taken for granted. */
export interface MailgunEvent {
  readonly id?: unknown;
  readonly event?: unknown;
  /** Seconds, with a fraction. */
  readonly timestamp?: unknown;
  readonly severity?: unknown;
  readonly reason?: unknown;
  readonly recipient?: unknown;
  readonly message?: { readonly headers?: { readonly 'message-id'?: unknown } };
  readonly 'user-variables'?: Readonly<Record<string, unknown>>;
  readonly 'delivery-status'?: {
    readonly code?: unknown;
    readonly 'enhanced-code'?: unknown;
    readonly message?: unknown;
    readonly description?: unknown;
  };
}

const TOLERANCE_SECONDS = 300;
const TOKEN_MAX = 200;
const DETAIL_MAX = 1_000;

const KINDS = new Map<unknown, ReceiptKind>([
  ['accepted', 'sent'],
  ['delivered', 'delivered'],
  ['rejected', 'failed'],
  ['opened', 'opened'],
  ['clicked', 'clicked'],
  ['complained', 'complained'],
  ['unsubscribed', 'unsubscribed'],
]);
/** Where Mailgun itself keeps the address on its list of bounces. */
const BOUNCE_REASONS = new Set<unknown>(['bounce', 'suppress-bounce']);
/** RFC 3463: bad mailbox or destination address; mailbox disabled. */
const BAD_ADDRESS = /^5\.(1\.[0-9]+|2\.1)$/;

/**
 * What a signed call tells.
 * @throws InvalidSignature
 */
export function signedReceiptsOf(body: Buffer, key: string | undefined, nowMs: number): Receipt[] {
  const { token, event } = signedCallOf(body, {
    secrets: key === undefined ? [] : [key],
    toleranceSeconds: TOLERANCE_SECONDS,
    now: new Date(nowMs),
  });
  return receiptsOf(event).map((receipt) => ({ ...receipt, nonce: token.slice(0, TOKEN_MAX) }));
}

/** The same for an event that is told and for one that is asked for. None for what does not change a delivery. */
export function receiptsOf(event: MailgunEvent): Receipt[] {
  const { id, timestamp, recipient } = event;
  const kind = kindOf(event);
  if (kind === undefined || typeof id !== 'string' || typeof timestamp !== 'number') return [];
  const at = new Date(timestamp * 1_000);
  const messageId = event.message?.headers?.['message-id'];
  const deliveryId = event['user-variables']?.[DELIVERY_VARIABLE];
  return [
    {
      token: tokenOf(id, at),
      kind,
      at,
      ...(isUuid(deliveryId) && { deliveryId }),
      ...(typeof messageId === 'string' && { reference: referenceOf(messageId) }),
      ...(typeof recipient === 'string' && { recipient }),
      detail: detailOf(event),
    },
  ];
}

/** Mailgun promises an id that is unique within a day. */
const tokenOf = (id: string, at: Date): string => `${at.toISOString().slice(0, 10)}:${id}`.slice(0, TOKEN_MAX);

function kindOf(event: MailgunEvent): ReceiptKind | undefined {
  if (event.event !== 'failed') return KINDS.get(event.event);
  if (event.severity !== 'permanent') return undefined; // Mailgun goes on trying
  const enhanced = event['delivery-status']?.['enhanced-code'];
  const isBounce = BOUNCE_REASONS.has(event.reason) || (typeof enhanced === 'string' && BAD_ADDRESS.test(enhanced));
  return isBounce ? 'bounced' : 'failed';
}

function detailOf({ reason, 'delivery-status': status = {} }: MailgunEvent): string | undefined {
  const said = [reason, status.code, status.message === '' ? status.description : status.message];
  const detail = said.filter((part) => typeof part === 'string' || typeof part === 'number').join(' ');
  return detail === '' ? undefined : detail.slice(0, DETAIL_MAX);
}

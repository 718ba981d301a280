import {
  InvalidSignature,
  isSignedByOne,
  jsonObjectOf,
  type Receipt,
  type ReceiptKind,
  type ReceiptRequest,
} from 'chatapi';

const KINDS = new Map<unknown, ReceiptKind>([
  ['delivered', 'delivered'],
  ['undeliverable', 'bounced'],
  ['expired', 'failed'],
  ['stop', 'unsubscribed'],
]);

/**
 * What a call of Acme's tells. The signature covers the bytes as they came, so it is checked before they are read.
 * @throws InvalidSignature
 */
export function receiptsOf({ headers, body }: ReceiptRequest, secret: string | undefined): Receipt[] {
  if (!isSignedByOne([secret ?? ''], [headers['x-acme-signature']], [body])) throw new InvalidSignature();
  const { eventId, reference, status, at } = jsonObjectOf(body);
  const kind = KINDS.get(status);
  if (kind === undefined || typeof reference !== 'string') return [];
  return [{ token: String(eventId), kind, at: new Date(String(at)), deliveryId: reference }];
}

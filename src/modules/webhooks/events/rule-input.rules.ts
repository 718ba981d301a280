import { payloadOf } from '../door/payload.rules.js';
import type { InboundEvent, WholeEvent } from './event.js';

/** What the expressions of an event's actions read, but for the results of earlier ones. */
export function inputOf(whole: InboundEvent & Pick<WholeEvent, 'headers' | 'body'>) {
  const { id, event, sourceId, externalId, type, receivedAt, hops, headers, body } = whole;
  return {
    event: { id, name: event, sourceId, externalId, type, receivedAt: receivedAt.toISOString(), hops },
    payload: payloadOf(body, headers['content-type']),
    headers,
  };
}

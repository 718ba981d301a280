import { type InboundRequest, onceByBytes, type Scheme, type Verified, WebhookScheme } from '../../extension/index.js';

/** Believes whoever knows the address: for trying things out, and for senders that sign nothing. */
@WebhookScheme({ name: 'none', title: 'None: anybody who knows the address', isInsecure: true })
export class NoScheme implements Scheme<object> {
  verify({ body }: InboundRequest): Verified {
    return { dedupeKey: onceByBytes([body]) };
  }
}

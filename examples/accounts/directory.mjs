// The identity provider, as far as the app sees it: it posts events, signed by Standard Webhooks, with their own library.
import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

export class Directory {
  constructor(url, secret) {
    this.url = url;
    this.webhook = new Webhook(secret);
  }

  /** @param at when it was signed @returns {Promise<{ status: number, body: object }>} what it is answered */
  async tell(type, data, { at = new Date(), id = `msg_${randomUUID()}` } = {}) {
    const payload = JSON.stringify({ type, timestamp: at.toISOString(), data });
    const response = await fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': this.webhook.sign(id, at, payload),
      },
      body: payload,
      signal: AbortSignal.timeout(10_000),
    });
    return { status: response.status, body: await response.json() };
  }
}

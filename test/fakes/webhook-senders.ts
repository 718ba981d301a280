import { createHmac, randomBytes } from 'node:crypto';
import { sign as signedByOctokit } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import type { InboundRequest } from '../../src/extension/index.js';
import { anEvent, signed as signedByMailgun } from './mailgun.js';

export interface SendWish {
  readonly secret: string;
  readonly at: Date;
  /** What is told; each sender has an example of its own. */
  readonly body?: string;
}

/** What signs inbound webhooks: the senders' own code where they publish it. */
export interface Sender {
  /** As the sender's secrets look. */
  readonly secret: string;
  call(wish: SendWish): Promise<InboundRequest> | InboundRequest;
}

const secondsOf = (at: Date): number => Math.floor(at.getTime() / 1_000);

const callOf = (body: string, headers: Readonly<Record<string, string>>): InboundRequest => ({
  url: 'https://chatapi.example/api/v1/webhooks/shop/order.paid',
  query: {},
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(body),
});

export const STANDARD: Sender = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  call: ({ secret, at, body = '{"type": "order.paid", "data": {"total": 10.0}}' }) =>
    callOf(body, {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': String(secondsOf(at)),
      'webhook-signature': new Webhook(secret).sign('msg_p5jXN8AQM9LWM0D4loKWxJek', at, body),
    }),
};

export const STRIPE: Sender = {
  secret: 'whsec_8f742231b10e8888abcd99yyyzzz85a5',
  call: ({ secret, at, body: payload = '{\n  "id": "evt_1NG8Du2eZvKYlo2C", "type": "invoice.paid"\n}' }) =>
    callOf(payload, {
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: secondsOf(at) }),
    }),
};

export const GITHUB: Sender = {
  secret: "It's a Secret to Everybody",
  call: async ({ secret, body = '{"action":"opened", "number":1}' }) =>
    callOf(body, {
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-github-event': 'issues',
      'x-hub-signature-256': await signedByOctokit(secret, body),
    }),
};

/** Its library wants a newer Node; what it documents is one HMAC. */
export const SHOPIFY: Sender = {
  secret: 'shpss_8f742231b10e8888abcd99yyyzzz85a5',
  call: ({ secret, body = '{"id":820982911946154508, "total_price":"254.98"}' }) =>
    callOf(body, {
      'x-shopify-topic': 'orders/paid',
      'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
      'x-shopify-triggered-at': '2026-11-29T12:00:00.000000000Z',
      'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
    }),
};

/** Its library brings a whole server; what it documents is one HMAC. */
export const SLACK: Sender = {
  secret: '8f742231b10e8888abcd99yyyzzz85a5',
  call: ({
    secret,
    at,
    body = '{"type":"event_callback", "event_id":"Ev08MFMKH6", "event":{"type":"app_mention"}}',
  }) => {
    const time = String(secondsOf(at));
    const signature = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex');
    return callOf(body, { 'x-slack-request-timestamp': time, 'x-slack-signature': `v0=${signature}` });
  },
};

export const MAILGUN: Sender = {
  secret: 'key-4711-signs-the-events',
  call: ({ secret, at, body }) => {
    const token = 'e0b5477167110d68991efc6b9f89f0a11066af27834600e123';
    const event: object =
      body === undefined ? anEvent({ id: 'Ase7i2zsRYeDXztHGENqRA', timestamp: 1 }) : JSON.parse(body);
    return callOf(JSON.stringify(signedByMailgun(event, secret, { at: at.getTime(), token })), {});
  },
};

/** Somebody with a scheme of their own: the time and the body, in capitals. */
export const HMAC: Sender = {
  secret: randomBytes(16).toString('hex'),
  call: ({ secret, at, body = '{"order": 4711}' }) => {
    const time = String(secondsOf(at));
    const signature = createHmac('sha512', secret).update(`${time}.${body}`).digest('hex').toUpperCase();
    return callOf(body, { 'x-acme-time': time, 'x-acme-signature': `acme ${signature}`, 'x-acme-id': '1' });
  },
};
export const HMAC_SETTINGS = {
  algorithm: 'sha512',
  encoding: 'hex',
  header: 'X-Acme-Signature',
  prefix: 'acme ',
  timestampHeader: 'X-Acme-Time',
  signedPayload: 'timestamp.body',
} as const;

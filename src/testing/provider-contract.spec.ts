import { createHmac, timingSafeEqual } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import { aVendor, type Vendor } from '../../test/fakes/vendor.js';
import {
  type BatchItem,
  type CallContext,
  DeliveryProvider,
  delivered,
  InvalidSignature,
  type Outcome,
  OneOf,
  outcomeOfFailure,
  outcomeOfRefusal,
  type Polled,
  type Provider,
  type ProviderContext,
  type ProviderDescriptor,
  providerFault,
  type Receipt,
  type ReceiptRequest,
  rejected,
  Secret,
  sent,
  type SmsMessage,
  Text,
  Url,
} from '../extension/index.js';
import { type ContractCheck, providerContract } from './index.js';
import type { Peer } from './peers.js';
import type { ProviderGiven } from './provider-given.js';

const API_KEY = 'acme-key-4711';
const NOBODY = '+4900000';

class AcmeSettings {
  @Secret()
  @Text({ min: 1, max: 100 })
  readonly apiKey: string;
  @Url()
  readonly baseUrl: string;
}

type Context = CallContext<AcmeSettings>;
type SendContext = ProviderContext<AcmeSettings>;

const said = (settings: AcmeSettings, message: SmsMessage, reference: string) => ({
  method: 'POST' as const,
  headers: { authorization: `Bearer ${settings.apiKey}` },
  body: JSON.stringify({ to: message.to, text: message.text, reference }),
});

const signatureOf = ({ body }: ReceiptRequest, { apiKey }: AcmeSettings): Buffer =>
  createHmac('sha256', apiKey).update(body).digest();

/** As a provider should be. */
class Acme implements Provider<AcmeSettings, SmsMessage> {
  async send({ settings, fetch, deliveryId }: SendContext, message: SmsMessage): Promise<Outcome> {
    try {
      const answer = await fetch(`${settings.baseUrl}/messages`, said(settings, message, deliveryId));
      if (answer.status === 422 && answer.text === 'nobody') return rejected('invalid_recipient', answer.text);
      return answer.status === 201 ? sent(answer.text) : outcomeOfRefusal(answer);
    } catch (error) {
      return outcomeOfFailure(error);
    }
  }

  async sendBatch(context: Context, items: readonly BatchItem<SmsMessage>[]): Promise<readonly Outcome[] | null> {
    return Promise.all(items.map(({ message, ...item }) => this.send({ ...context, ...item }, message)));
  }

  async verify({ settings, fetch }: Context): Promise<void> {
    const { status } = await fetch(`${settings.baseUrl}/account`, {
      headers: { authorization: `Bearer ${settings.apiKey}` },
    });
    if (status !== 200) throw new Error(`Acme says ${status}.`);
  }

  receipts(settings: AcmeSettings, request: ReceiptRequest): Receipt[] {
    const given = Buffer.from(request.headers['x-acme-signature'] ?? '', 'hex');
    const expected = signatureOf(request, settings);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new InvalidSignature();
    return [this.receiptOf(request)];
  }

  receiptOf({ body }: ReceiptRequest): Receipt {
    const { id } = JSON.parse(body.toString()) as { id: string };
    return { token: `${id}:delivered`, kind: 'delivered', at: new Date(), reference: id };
  }

  async poll({ settings, fetch }: Context, since: Date): Promise<Polled> {
    await fetch(`${settings.baseUrl}/account`);
    return { receipts: [], until: since };
  }
}

const DESCRIPTOR: ProviderDescriptor = {
  kind: 'acme',
  channels: ['sms'],
  title: 'Acme',
  settings: AcmeSettings,
  batchMax: 10,
};

let vendor: Vendor;
beforeAll(async () => {
  vendor = await aVendor(({ method, headers, body }) => {
    if (headers.authorization !== `Bearer ${API_KEY}`) return { status: 401, body: 'who?' };
    if (method === 'GET') return { status: 200 };
    const { to, reference } = JSON.parse(body.toString()) as { to: string; reference: string };
    return to === NOBODY ? { status: 422, body: 'nobody' } : { status: 201, body: `id-${reference}` };
  });
});
afterAll(() => vendor.close());

const aMessage = (to: string): SmsMessage => ({ to, text: 'Hello', from: null });

const GIVEN: ProviderGiven<AcmeSettings, SmsMessage> = {
  at: ({ url }: Peer) => ({ settings: { apiKey: API_KEY, baseUrl: url }, message: aMessage('+4915112345678') }),
  vendor: () => vendor,
  refused: ({ url }) => ({ apiKey: 'another-key', baseUrl: url }),
  batch: () => [
    { message: aMessage('+4915112345678'), ends: 'sent' },
    { message: aMessage(NOBODY), ends: 'rejected' },
    { message: aMessage('+4915112345679'), ends: 'sent' },
  ],
  receipts: {
    request: (settings) => {
      const request = { url: 'https://x', query: {}, headers: {}, body: Buffer.from('{"id":"id-4711"}') };
      return { ...request, headers: { 'x-acme-signature': signatureOf(request, settings).toString('hex') } };
    },
  },
};

/** Of a provider that has this of its own. */
function checksOf(
  own: Partial<Acme> & { close?(): Promise<void> },
  descriptor: Partial<ProviderDescriptor> = {},
  given: Partial<ProviderGiven<AcmeSettings, SmsMessage>> = {},
): readonly ContractCheck[] {
  class Own extends Acme {
    constructor() {
      super();
      Object.assign(this, own);
    }
  }
  DeliveryProvider({ ...DESCRIPTOR, ...descriptor })(Own);
  return providerContract<AcmeSettings, SmsMessage>(Own, { ...GIVEN, ...given });
}

describe('a provider as it should be', () => {
  for (const { name, run } of checksOf({})) it(name, run);
});

class Unmarked extends AcmeSettings {
  @Text({ max: 100, optional: true })
  readonly webhookSecret?: string;
}
class Undescribed {
  @Secret()
  @IsString()
  readonly apiKey: string;
  @IsString()
  readonly baseUrl: string;
}
class Strict extends AcmeSettings {
  @OneOf(['sms'])
  readonly channel: string;
}

const good = new Acme();
const call = (settings: AcmeSettings, message: SmsMessage, id: string) => ({
  url: `${settings.baseUrl}/messages`,
  ...said(settings, message, id),
});

/** Nobody should write such; each breaks one promise. */
const BROKEN: [check: string, sentence: RegExp, checks: () => readonly ContractCheck[]][] = [
  ['says what it is', /several channels/, () => checksOf({}, { channels: ['sms', 'email'] })],
  ['says what it is', /30 s at most/, () => checksOf({}, { deadlineSeconds: 60 })],
  ['says what it is', /no batchMax/, () => checksOf({}, { batchMax: undefined })],
  ['has settings that are validated', /not valid by the class Strict/, () => checksOf({}, { settings: Strict })],
  [
    'describes its settings by a JSON schema',
    /apiKey is not in the JSON schema/,
    () => checksOf({}, { settings: Undescribed }),
  ],
  ['marks its secrets', /webhookSecret looks like a secret/, () => checksOf({}, { settings: Unmarked })],
  [
    'sends through the vendor, and hands the id of the delivery on',
    /never saw the id/,
    () => checksOf({ send: (context, message) => good.send({ ...context, deliveryId: 'mine' }, message) }),
  ],
  [
    'keeps nothing of one call for the next',
    /went where the settings of another call lead/,
    () => {
      let first: AcmeSettings | undefined;
      return checksOf({
        send: (context, message) => good.send({ ...context, settings: (first ??= context.settings) }, message),
      });
    },
  ],
  [
    'keeps nothing of one call for the next',
    /the secrets of another call/,
    () => {
      let apiKey: string | undefined;
      return checksOf({
        send: (context, message) => {
          apiKey ??= context.settings.apiKey;
          return good.send({ ...context, settings: { ...context.settings, apiKey } }, message);
        },
      });
    },
  ],
  [
    'connects to nobody but whom the guard lets it',
    /address that may not be called/,
    () =>
      checksOf({
        send: ({ settings, deliveryId, signal }, message) => {
          const { url, ...init } = call(settings, message, deliveryId);
          return fetch(url, { ...init, signal }).then(() => providerFault('it said something'), outcomeOfFailure);
        },
      }),
  ],
  [
    'ends with its signal when the vendor hangs',
    /still waiting 2 s after/,
    () =>
      checksOf({
        send: ({ settings, deliveryId }, message) => {
          const { url, ...init } = call(settings, message, deliveryId);
          return fetch(url, init).then(() => sent(), outcomeOfFailure);
        },
      }),
  ],
  [
    'ends with its signal when the vendor hangs',
    /nobody knows that/,
    () =>
      checksOf({
        send: (context, message) =>
          good.send(context, message).then((one) => (one.kind === 'failed' ? rejected('provider_rejected') : one)),
      }),
  ],
  [
    'ends with its signal when the vendor drips',
    /still waiting 2 s after/,
    () =>
      checksOf({
        // It waits for the whole answer, however slowly that comes.
        send: async ({ settings, deliveryId }, message) => {
          const { url, ...init } = call(settings, message, deliveryId);
          try {
            const head = await fetch(url, init);
            return head.status === 201 ? sent(await head.text()) : providerFault(await head.text());
          } catch (error) {
            return outcomeOfFailure(error);
          }
        },
      }),
  ],
  [
    'makes an outcome of whatever the vendor does',
    /send threw for .* instead of giving an outcome/,
    () =>
      checksOf({
        send: async ({ settings, deliveryId, fetch: guarded }, message) => {
          const { url, ...init } = call(settings, message, deliveryId);
          const { id } = JSON.parse((await guarded(url, init)).text) as { id: string };
          return sent(id);
        },
      }),
  ],
  [
    'makes an outcome of whatever the vendor does',
    /for a success/,
    () =>
      checksOf({
        send: (context, message) => good.send(context, message).then((one) => (one.kind === 'rejected' ? sent() : one)),
      }),
  ],
  [
    'makes an outcome of whatever the vendor does',
    /which is no outcome/,
    () => checksOf({ send: (context, message) => good.send(context, message).then(() => ({ kind: 'ok' }) as never) }),
  ],
  [
    'does not take for final what is temporary',
    /ends the delivery for good/,
    () =>
      checksOf({
        send: (context, message) =>
          good.send(context, message).then((one) => (one.kind === 'failed' ? rejected('provider_rejected') : one)),
      }),
  ],
  [
    'tells none of its secrets',
    /beside its detail/,
    () => checksOf({ send: ({ settings }) => Promise.resolve(delivered(`for ${settings.apiKey}`)) }),
  ],
  [
    'tells none of its secrets',
    /in a form that is not masked/,
    () =>
      checksOf({
        send: ({ settings }) => Promise.resolve(providerFault(Buffer.from(settings.apiKey).toString('hex'))),
      }),
  ],
  [
    'closes twice, and leaves nothing open',
    /second close threw/,
    () => {
      let isClosed = false;
      return checksOf({
        close: async () => {
          if (isClosed) throw new Error('closed already');
          isClosed = true;
        },
      });
    },
  ],
  [
    'closes twice, and leaves nothing open',
    /still open after close/,
    () =>
      checksOf({
        send: (context, message) => {
          const { hostname, port } = new URL(context.settings.baseUrl);
          connect(Number(port), hostname).on('error', () => undefined);
          return good.send(context, message);
        },
      }),
  ],
  [
    'gives an outcome for each of a batch, in their order',
    /in the order of its messages/,
    () =>
      checksOf({
        sendBatch: async (context, items) =>
          [...((await good.sendBatch(context, items)) ?? [])].sort((a, b) => a.kind.localeCompare(b.kind)),
      }),
  ],
  [
    'gives an outcome for each of a batch, in their order',
    /in the order of its messages/,
    () => checksOf({ sendBatch: async (context, items) => ((await good.sendBatch(context, items)) ?? []).slice(1) }),
  ],
  ['verifies credentials that work', /verify threw/, () => checksOf({ verify: () => Promise.reject(new Error('no')) })],
  ['throws for credentials that do not', /verify is content/, () => checksOf({ verify: () => Promise.resolve() })],
  [
    'ends verifying with its signal',
    /still waiting 2 s after/,
    () => checksOf({ verify: ({ settings }) => fetch(settings.baseUrl).then(() => undefined) }),
  ],
  [
    'reads what the vendor tells, under a token that stays',
    /would count twice/,
    () => {
      let n = 0;
      return checksOf({ receiptOf: (request) => ({ ...good.receiptOf(request), token: `${n++}` }) });
    },
  ],
  [
    'reads what the vendor tells, under a token that stays',
    /which delivery/,
    () => checksOf({ receiptOf: (request) => ({ ...good.receiptOf(request), reference: undefined }) }),
  ],
  [
    'refuses what is signed with another secret',
    /another secret is believed/,
    () => checksOf({ receipts: (_settings, request) => good.receipts({ apiKey: API_KEY, baseUrl: '' }, request) }),
  ],
  [
    'refuses what was changed on the way',
    /was flipped is believed/,
    () =>
      checksOf({
        receipts: (_settings, request) => [{ ...good.receiptOf({ ...request, body: Buffer.from('{"id":"1"}') }) }],
      }),
  ],
  [
    'refuses what was changed on the way',
    /RangeError.* and not InvalidSignature/,
    () =>
      checksOf({
        receipts: (settings, request) => {
          const given = Buffer.from(request.headers['x-acme-signature'] ?? '', 'hex');
          if (!timingSafeEqual(given, signatureOf(request, settings))) throw new InvalidSignature();
          return [good.receiptOf(request)];
        },
      }),
  ],
  [
    'refuses what is no call of the vendor, and says no more',
    /SyntaxError.* and not InvalidSignature/,
    () =>
      checksOf({
        receipts: (settings, request) => {
          good.receiptOf(request); // parsed before it is verified
          return good.receipts(settings, request);
        },
      }),
  ],
  [
    'asks for what was missed, and goes on from where it was',
    /goes back in time/,
    () => checksOf({ poll: () => Promise.resolve({ receipts: [], until: new Date(0) }) }),
  ],
];

describe('a broken provider', () => {
  it.each(BROKEN)('fails "%s": %s', async (name, sentence, checks) => {
    const broken = checks().find((one) => one.name === name);

    await expect(broken?.run()).rejects.toThrow(sentence);
  });

  it('breaks each of the promises once at least', () => {
    const names = checksOf({}).map(({ name }) => name);

    expect(names.filter((name) => !BROKEN.some(([broken]) => broken === name))).toEqual([]);
  });
});

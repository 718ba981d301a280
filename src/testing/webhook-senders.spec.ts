// Against what the senders themselves publish: their libraries, or the examples of their documents.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { verify as verifiedByOctokit } from '@octokit/webhooks-methods';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import {
  GITHUB,
  HMAC,
  HMAC_SETTINGS,
  MAILGUN,
  type Sender,
  SHOPIFY,
  SLACK,
  STANDARD,
  STRIPE,
} from '../../test/fakes/webhook-senders.js';
import { type InboundRequest, InvalidSignature, type Scheme, type Verified } from '../extension/index.js';
import { MailgunScheme } from '../plugins/mailgun/mailgun.scheme.js';
import { GithubScheme } from '../plugins/webhook-schemes/github.scheme.js';
import { HmacScheme } from '../plugins/webhook-schemes/hmac.scheme.js';
import { HmacSettings } from '../plugins/webhook-schemes/hmac.settings.js';
import { NoScheme } from '../plugins/webhook-schemes/none.scheme.js';
import { ShopifyScheme } from '../plugins/webhook-schemes/shopify.scheme.js';
import { SlackScheme } from '../plugins/webhook-schemes/slack.scheme.js';
import { StandardScheme } from '../plugins/webhook-schemes/standard.scheme.js';
import { StripeScheme } from '../plugins/webhook-schemes/stripe.scheme.js';

/** Of today, as the libraries look at the clock. */
const NOW = new Date();
const MESSAGE = new InvalidSignature().message;
const RUNS = { numRuns: 300 };

interface Case extends Sender {
  readonly scheme: Scheme<never>;
  readonly settings: object;
  /** Where the signature is; null in the body. */
  readonly header: string | null;
  readonly isTimed: boolean;
}

const aCase = (scheme: Scheme<never>, sender: Sender, header: string | null, more: Partial<Case> = {}): Case => ({
  ...{ scheme, header, settings: {}, isTimed: true },
  ...sender,
  ...more,
});

const CASES: Readonly<Record<string, Case>> = {
  standard: aCase(new StandardScheme(), STANDARD, 'webhook-signature'),
  stripe: aCase(new StripeScheme(), STRIPE, 'stripe-signature'),
  github: aCase(new GithubScheme(), GITHUB, 'x-hub-signature-256', { isTimed: false }),
  shopify: aCase(new ShopifyScheme(), SHOPIFY, 'x-shopify-hmac-sha256', { isTimed: false }),
  slack: aCase(new SlackScheme(), SLACK, 'x-slack-signature'),
  hmac: aCase(new HmacScheme(), HMAC, 'x-acme-signature', { settings: HMAC_SETTINGS }),
  mailgun: aCase(new MailgunScheme(), MAILGUN, null),
};

interface Wish {
  readonly secrets?: readonly string[];
  readonly settings?: object;
  readonly now?: Date;
  readonly toleranceSeconds?: number;
}

const verify = async (scheme: Scheme<never>, request: InboundRequest, wish: Wish): Promise<Verified> =>
  scheme.verify(request, {
    ...{ secrets: [], toleranceSeconds: 300, now: NOW },
    ...wish,
    settings: { ...(scheme instanceof HmacScheme && new HmacSettings()), ...wish.settings } as never,
  });

/** @returns what is refused as null: any other error, or message, fails the test */
async function verdict(
  { scheme, secret, settings }: Case,
  request: InboundRequest,
  wish: Wish = {},
): Promise<Verified | null> {
  try {
    return await verify(scheme, request, { secrets: [secret], settings, ...wish });
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSignature);
    expect((error as Error).message).toBe(MESSAGE);
    return null;
  }
}

const callOf = async ({ secret, call }: Case, wish: { at?: Date; body?: string } = {}): Promise<InboundRequest> =>
  call({ secret, at: NOW, ...wish });
const withHeaders = (request: InboundRequest, headers: Readonly<Record<string, string>>): InboundRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
});
const secondsFrom = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);
const exchanged = (text: string, at: number, other: string): string => text.slice(0, at) + other + text.slice(at + 1);

describe.each(Object.entries(CASES))('%s', (_name, one) => {
  it('believes what its sender signs', async () => {
    expect(await verdict(one, await callOf(one))).not.toBeNull();
  });

  it('refuses a signature with any of its characters changed', async () => {
    const request = await callOf(one);
    const given = one.header === null ? request.body.toString() : (request.headers[one.header] ?? '');
    const from = one.header === null ? given.indexOf('"signature":"') + 13 : given.length - 40;
    await fc.assert(
      fc.asyncProperty(fc.nat(39), fc.string({ minLength: 1, maxLength: 1 }), async (n, other) => {
        const changed = exchanged(given, from + n, other);
        fc.pre(changed.toUpperCase() !== given.toUpperCase() && (one.header !== null || /[^"\\]/.test(other)));
        const call =
          one.header === null
            ? { ...request, body: Buffer.from(changed) }
            : withHeaders(request, { [one.header]: changed });
        expect(await verdict(one, call)).toBeNull();
      }),
      RUNS,
    );
  });

  it('refuses a signature that is cut, longer, in another encoding, or not there', async () => {
    const request = await callOf(one);
    const { header } = one;
    if (header === null) return; // the property above has it
    const value = request.headers[header] ?? '';
    const [signature = ''] = /[A-Za-z0-9+/]{40,}=*$/.exec(value) ?? [];
    const isHex = /^[0-9a-f]+$/i.test(signature);
    const recoded = isHex
      ? Buffer.from(signature, 'hex').toString('base64')
      : Buffer.from(signature, 'base64').toString('hex');
    const before = value.slice(0, -signature.length);
    for (const changed of [value.slice(0, -1), `${value}0`, `${value}=`, `${before}${recoded}`, before, signature, ''])
      if (changed !== value)
        expect([changed, await verdict(one, withHeaders(request, { [header]: changed }))]).toEqual([changed, null]);
    const { [header]: _gone, ...rest } = request.headers;
    expect(await verdict(one, { ...request, headers: rest })).toBeNull();
  });

  it('refuses a body with any of its bits changed, or counts it as the same', async () => {
    const request = await callOf(one);
    const known = await verdict(one, request);
    await fc.assert(
      fc.asyncProperty(fc.nat(request.body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const body = Buffer.from(request.body);
        body[at] = (body[at] ?? 0) ^ bits;
        const changed = await verdict(one, { ...request, body });
        expect(changed === null || (one.header === null && changed.dedupeKey === known?.dedupeKey)).toBe(true);
      }),
      RUNS,
    );
  });

  it('refuses the same JSON in other bytes', async () => {
    const request = await callOf(one);
    const written = JSON.stringify(JSON.parse(request.body.toString()));
    if (one.header !== null) expect(written).not.toBe(request.body.toString());
    if (one.header !== null) expect(await verdict(one, { ...request, body: Buffer.from(written) })).toBeNull();
  });

  it.each([
    [-300, true],
    [300, true],
    [-301, false],
    [301, false],
  ])('signed %i s from now is believed: %s', async (distance, isBelieved) => {
    const request = await callOf(one, { at: secondsFrom(distance) });
    expect((await verdict(one, request)) !== null).toBe(isBelieved || !one.isTimed);
  });

  it('believes whichever of its secrets signed, under the same key', async () => {
    const request = await callOf(one);
    const [first, last] = [
      await verdict(one, request, { secrets: [one.secret, 'whsec_b3RoZXI='] }),
      await verdict(one, request, { secrets: ['whsec_b3RoZXI=', one.secret] }),
    ];
    expect(first).not.toBeNull();
    expect(last).toEqual(first);
    expect(await verdict(one, request, { secrets: ['whsec_b3RoZXI='] })).toBeNull();
    expect(await verdict(one, request, { secrets: [] })).toBeNull();
  });

  it('throws nothing but InvalidSignature, whatever comes in', async () => {
    const names = Object.keys((await callOf(one)).headers);
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('t=1,v1=', 'v1,', 'v0=', 'sha256=', '1795600000'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(...names.map(() => fc.option(header, { nil: undefined }))),
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (values, body) => {
          const headers = Object.fromEntries(
            names.flatMap((name, n) => (values[n] === undefined ? [] : [[name, values[n]]])),
          );
          expect(await verdict(one, { url: '', query: {}, headers, body: Buffer.from(body) })).toBeNull();
        },
      ),
      RUNS,
    );
  });
});

describe('what the senders’ own libraries say', () => {
  const isThrown = (work: () => unknown): boolean => {
    try {
      work();
      return false;
    } catch {
      return true;
    }
  };
  /** The call with one byte of its body, or one character of a header, exchanged; or as it is. */
  const changes = (request: InboundRequest): fc.Arbitrary<InboundRequest> => {
    const ascii = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
    return fc.oneof(
      fc.constant(request),
      fc.tuple(fc.nat(request.body.length - 1), ascii).map(([at, other]) => {
        return { ...request, body: Buffer.from(exchanged(request.body.toString(), at, other)) };
      }),
      fc
        .tuple(fc.constantFrom(...Object.keys(request.headers)), fc.nat(), ascii)
        .map(([name, n, other]) =>
          withHeaders(request, { [name]: exchanged(request.headers[name]!, n % request.headers[name]!.length, other) }),
        ),
    );
  };

  it('of Standard Webhooks is what we say, of a call however changed', async () => {
    const request = await callOf(CASES.standard!);
    const library = new Webhook(STANDARD.secret);
    await fc.assert(
      fc.asyncProperty(changes(request), async (changed) => {
        const { headers, body } = changed;
        // The library reads the number that a time begins with; we read the whole of it.
        fc.pre(/^\d+$/.test(headers['webhook-timestamp']!));
        const isRefused = isThrown(() => library.verify(body.toString(), headers));
        expect((await verdict(CASES.standard!, changed)) === null).toBe(isRefused);
      }),
      RUNS,
    );
  });

  it('of Stripe is what we say, of a call however changed', async () => {
    const request = await callOf(CASES.stripe!);
    await fc.assert(
      fc.asyncProperty(changes(request), async (changed) => {
        const { headers, body } = changed;
        const isRefused = isThrown(() =>
          Stripe.webhooks.signature!.verifyHeader(body.toString(), headers['stripe-signature']!, STRIPE.secret, 300),
        );
        expect((await verdict(CASES.stripe!, changed)) === null).toBe(isRefused);
      }),
      RUNS,
    );
  });

  it('of GitHub is what we say, of a call however changed', async () => {
    const request = await callOf(CASES.github!);
    await fc.assert(
      fc.asyncProperty(changes(request), async (changed) => {
        const { headers, body } = changed;
        const isGood = await verifiedByOctokit(GITHUB.secret, body.toString(), headers['x-hub-signature-256']!).catch(
          () => false,
        );
        expect((await verdict(CASES.github!, changed)) !== null).toBe(isGood);
      }),
      RUNS,
    );
  });
});

describe('the examples of the senders’ documents', () => {
  interface Example extends Pick<InboundRequest, 'headers'> {
    readonly one: Case;
    readonly secret: string;
    readonly now?: Date;
    readonly body: string;
  }
  const EXAMPLES: Readonly<Record<string, Example>> = {
    'Standard Webhooks': {
      one: CASES.standard!,
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      now: new Date(1_614_265_330_000),
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      body: '{"test": 2432232314}',
    },
    GitHub: {
      one: CASES.github!,
      secret: "It's a Secret to Everybody",
      headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
      body: 'Hello, World!',
    },
    Slack: {
      one: CASES.slack!,
      secret: '8f742231b10e8888abcd99yyyzzz85a5',
      now: new Date(1_531_420_618_000),
      headers: {
        'x-slack-request-timestamp': '1531420618',
        'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      },
      body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    },
    // Shopify's own documents have none; this is from those of SQLPage, about Shopify.
    Shopify: {
      one: CASES.shopify!,
      secret: 'test-webhook-secret',
      headers: { 'x-shopify-hmac-sha256': 'QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw=' },
      body: '{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}',
    },
  };

  it.each(Object.entries(EXAMPLES))('of %s are believed', async (_name, { one, secret, now = NOW, headers, body }) => {
    const call = { url: '', query: {}, headers, body: Buffer.from(body) };
    expect(await verdict(one, call, { secrets: [secret], now })).not.toBeNull();
    expect(await verdict(one, { ...call, body: Buffer.from(`${body} `) }, { secrets: [secret], now })).toBeNull();
  });
});

describe('what counts once', () => {
  it('is a signed id where there is one', async () => {
    const keys = await Promise.all(
      [CASES.standard!, CASES.stripe!, CASES.slack!, CASES.mailgun!].map(async (one) => {
        const { dedupeKey } = (await verdict(one, await callOf(one)))!;
        return dedupeKey;
      }),
    );
    expect(keys).toEqual([
      'id:msg_p5jXN8AQM9LWM0D4loKWxJek',
      'id:evt_1NG8Du2eZvKYlo2C',
      'id:Ev08MFMKH6',
      'id:e0b5477167110d68991efc6b9f89f0a11066af27834600e123',
    ]);
  });

  it.each(['standard', 'stripe', 'slack'])('stays when %s tries again, later and signed anew', async (name) => {
    const one = CASES[name]!;
    const again = await callOf(one, { at: secondsFrom(60) });
    expect((await verdict(one, again))?.dedupeKey).toBe((await verdict(one, await callOf(one)))?.dedupeKey);
  });

  it.each([
    ['github', { 'x-github-delivery': 'another' }],
    ['shopify', { 'x-shopify-webhook-id': 'another', 'x-shopify-event-id': 'another' }],
    ['hmac', { 'x-acme-id': 'another' }],
    ['stripe', { 'webhook-id': 'another' }],
    ['slack', { 'x-slack-retry-num': '1' }],
  ])('of %s is not what is in a header that nobody signed', async (name, headers) => {
    const one = CASES[name]!;
    const request = await callOf(one);
    const [before, after] = [await verdict(one, request), await verdict(one, withHeaders(request, headers))];
    expect(after?.dedupeKey).toBe(before?.dedupeKey);
  });

  it.each(['stripe', 'slack'])('is what is signed, where %s signs no id', async (name) => {
    const one = CASES[name]!;
    for (const body of ['{"id":7,"event_id":7}', '{"id":"","event_id":""}', 'text=hello', '[]']) {
      const verified = await verdict(one, await callOf(one, { body }));
      expect(verified?.dedupeKey).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(verified?.eventId).toBeUndefined();
    }
  });

  it('is the body, where nothing is signed', async () => {
    const call = (body: string) => ({ url: '', query: {}, headers: {}, body: Buffer.from(body) });
    const [one, same, other] = await Promise.all(
      ['a', 'a', 'b'].map(async (body) => (await verify(new NoScheme(), call(body), {})).dedupeKey),
    );
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });
});

describe('what is shown of an event', () => {
  it.each([
    ['standard', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'order.paid'],
    ['stripe', 'evt_1NG8Du2eZvKYlo2C', 'invoice.paid'],
    ['github', '72d3162e-cc78-11e3-81ab-4c9367dc0958', 'issues'],
    ['shopify', 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043', 'orders/paid'],
    ['slack', 'Ev08MFMKH6', 'app_mention'],
    ['mailgun', 'Ase7i2zsRYeDXztHGENqRA', 'delivered'],
    ['hmac', undefined, undefined],
  ])('of %s is its id and its type', async (name, eventId, type) => {
    expect(await verdict(CASES[name]!, await callOf(CASES[name]!))).toMatchObject({
      ...(eventId && { eventId, type }),
    });
  });
});

describe('Standard Webhooks', () => {
  const one = CASES.standard!;

  it('believes one of several signatures, and passes over those of other kinds', async () => {
    const request = await callOf(one);
    const { 'webhook-signature': good = '' } = request.headers;
    const signedBy = (signatures: string) => verdict(one, withHeaders(request, { 'webhook-signature': signatures }));
    expect(await signedBy(`v1,bm8= v1a,bm8= ${good}`)).not.toBeNull();
    expect(await signedBy(good.replace('v1,', 'v1a,'))).toBeNull();
    expect(await signedBy(good.replace('v1,', 'v2,'))).toBeNull();
  });

  it('knows the headers by the names that Svix sends', async () => {
    const { headers, ...rest } = await callOf(one);
    const renamed = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace('webhook-', 'svix-'), value]),
    );
    expect((await verdict(one, { ...rest, headers: renamed }))?.eventId).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek');
    expect(await verdict(one, { ...rest, headers: { ...renamed, 'webhook-id': 'another' } })).toBeNull();
  });

  it('takes a secret without its prefix as the libraries do, each in its way', async () => {
    const raw = 'not-base64-at-all!';
    const sign = (key: Webhook, body = '{}') => ({
      url: '',
      query: {},
      headers: {
        'webhook-id': '1',
        'webhook-timestamp': String(Math.floor(NOW.getTime() / 1_000)),
        'webhook-signature': key.sign('1', NOW, body),
      },
      body: Buffer.from(body),
    });
    const bare = STANDARD.secret.slice('whsec_'.length);
    expect(await verdict(one, sign(new Webhook(bare)), { secrets: [bare] })).not.toBeNull();
    expect(await verdict(one, sign(new Webhook(bare, { format: 'raw' })), { secrets: [bare] })).not.toBeNull();
    expect(await verdict(one, sign(new Webhook(raw, { format: 'raw' })), { secrets: [raw] })).not.toBeNull();
  });

  it('makes secrets that the library takes', async () => {
    const secret = new StandardScheme().newSecret();
    expect(await verdict(one, await one.call({ secret, at: NOW }), { secrets: [secret] })).not.toBeNull();
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
  });
});

describe('Stripe', () => {
  const one = CASES.stripe!;

  it('believes one of several signatures, of version 1 alone', async () => {
    const request = await callOf(one);
    const { 'stripe-signature': good = '' } = request.headers;
    const signedBy = (header: string) => verdict(one, withHeaders(request, { 'stripe-signature': header }));
    expect(await signedBy(good.replace(',v1=', ',v1=00,v0=00,v1='))).not.toBeNull();
    expect(await signedBy(good.replace(',v1=', ', v1='))).not.toBeNull();
    expect(await signedBy(good.replace('v1=', 'v0='))).toBeNull();
    expect(await signedBy(`t=1,${good}`)).toBeNull();
  });
});

describe('Slack', () => {
  const body = '{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2r\\"ZgRNF","type":"url_verification"}';

  it('is answered with its challenge, when it has signed it', async () => {
    const verified = await verdict(CASES.slack!, await callOf(CASES.slack!, { body }));
    expect(verified?.challenge).toEqual({
      contentType: 'application/json',
      body: '{"challenge":"3eZbrw1aBm2r\\"ZgRNF"}',
    });
    expect(await verdict(CASES.slack!, await SLACK.call({ secret: 'another', at: NOW, body }))).toBeNull();
  });
});

describe('an HMAC in a header', () => {
  const scheme = new HmacScheme();
  const FORMS = ['sha1', 'sha256', 'sha512', undefined].flatMap((algorithm) =>
    ['hex', 'base64', undefined].flatMap((encoding) =>
      ['body', 'timestamp.body', undefined].map((signedPayload) => ({ algorithm, encoding, signedPayload })),
    ),
  );

  it.each(FORMS)('is verified as its settings say: %j', async (form) => {
    const { algorithm = 'sha256', encoding = 'hex', signedPayload = 'body' } = form;
    const isTimed = signedPayload === 'timestamp.body';
    const settings = { header: 'X-Sign', ...form, ...(isTimed && { timestampHeader: 'X-Time' }) };
    const time = String(Math.floor(NOW.getTime() / 1_000));
    const signature = createHmac(algorithm, 'key')
      .update(isTimed ? `${time}.{}` : '{}')
      .digest(encoding as 'hex');
    const call = { url: '', query: {}, headers: { 'x-sign': signature, 'x-time': time }, body: Buffer.from('{}') };
    const wish = { secrets: ['key'], settings };

    expect((await verify(scheme, call, wish)).dedupeKey).toMatch(/^sha256:/);
    await expect(verify(scheme, { ...call, body: Buffer.from('{ }') }, wish)).rejects.toThrow(InvalidSignature);
    await expect(verify(scheme, { ...call, headers: { 'x-time': time } }, wish)).rejects.toThrow(InvalidSignature);
    const another = { ...settings, algorithm: algorithm === 'sha1' ? 'sha256' : 'sha1' };
    await expect(verify(scheme, call, { ...wish, settings: another })).rejects.toThrow(InvalidSignature);
  });

  it.each([
    ['constructor', undefined],
    ['__proto__', undefined],
    ['x-signature', 'toString'],
  ])('is not found in what every object has: %s', async (header, timestampHeader) => {
    const settings = { header, timestampHeader, ...(timestampHeader && { signedPayload: 'timestamp.body' }) };
    const headers = { 'x-signature': '00' };
    const call = { url: '', query: {}, headers, body: Buffer.from('{}') };
    await expect(verify(scheme, call, { secrets: ['a secret'], settings })).rejects.toThrow(InvalidSignature);
  });

  it.each([
    [{ header: 'x', signedPayload: 'timestamp.body' }, 'required'],
    [{ header: 'x', timestampHeader: 'y' }, 'not_signed'],
    [{ header: 'X', timestampHeader: 'x', signedPayload: 'timestamp.body' }, 'same_header'],
  ] as const)('is refused when %j', (settings, code) => {
    const whole = { ...new HmacSettings(), ...settings };
    expect(scheme.faultsOf({ settings: whole })).toEqual([
      { pointer: '/timestampHeader', code, message: expect.any(String) },
    ]);
  });
});

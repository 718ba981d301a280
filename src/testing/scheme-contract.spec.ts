import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  type ContentFault,
  type InboundRequest,
  InvalidSignature,
  isSignedByOne,
  isTimely,
  jsonObjectOf,
  newSigningSecret,
  onceById,
  type Scheme,
  shownText,
  Text,
  type Verification,
  type Verified,
  WebhookScheme,
  type WebhookSchemeDescriptor,
} from '../extension/index.js';
import { type ContractCheck, type SchemeGiven, webhookSchemeContract } from './index.js';

class AcmeSettings {
  @Text({ min: 1, max: 40, pattern: /^[a-z-]+$/ })
  readonly header: string;
}

type Given = SchemeGiven<AcmeSettings>;
type Context = Verification<AcmeSettings>;

/** As a scheme should be. */
class Acme implements Scheme<AcmeSettings> {
  faultsOf({ settings }: { readonly settings: AcmeSettings }): ContentFault[] {
    const isTaken = settings.header === 'content-length';
    return isTaken ? [{ pointer: '/header', code: 'reserved', message: 'It is another header.' }] : [];
  }

  newSecret(): string {
    return newSigningSecret();
  }

  verify(request: InboundRequest, verification: Context): Verified {
    const { headers, body } = request;
    const [time, signature] = (headers[verification.settings.header] ?? '').split(' ');
    if (!isTimely(time, verification)) throw new InvalidSignature();
    if (!isSignedByOne(verification.secrets, [signature], [`${time}.`, body])) throw new InvalidSignature();
    return this.verifiedOf(request);
  }

  verifiedOf({ body }: InboundRequest): Verified {
    const { id, hello } = jsonObjectOf(body);
    return {
      dedupeKey: onceById(id, [body]),
      eventId: shownText(id),
      ...(typeof hello === 'string' && { challenge: { contentType: 'text/plain', body: hello } }),
    };
  }
}

const aCall = ({ secret, at, settings }: Parameters<Given['request']>[0], body = '{"id": "1"}'): InboundRequest => {
  const time = Math.floor(at.getTime() / 1_000);
  const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  const headers = { [settings.header]: `${time} ${signature}`, 'x-acme-try': '1' };
  return { url: 'https://chat.example/webhooks/shop/paid', query: {}, headers, body: Buffer.from(body) };
};

const GIVEN: Given = {
  settings: { header: 'x-acme' },
  refused: [{ settings: { header: '' } }, { settings: { header: 'content-length' } }],
  request: (wish) => aCall(wish),
  challenge: (wish) => aCall(wish, '{"hello": "world"}'),
};

function checksOf(
  own: Partial<Acme>,
  descriptor: Partial<WebhookSchemeDescriptor> = {},
  given: Partial<Given> = {},
): readonly ContractCheck[] {
  class Own extends Acme {
    constructor() {
      super();
      Object.assign(this, own);
    }
  }
  WebhookScheme({ name: 'acme', title: 'Acme', settings: AcmeSettings, ...descriptor })(Own);
  return webhookSchemeContract<AcmeSettings>(Own, { ...GIVEN, ...given });
}

describe('a webhook scheme as it should be', () => {
  for (const { name, run } of checksOf({})) it(name, run);
});

describe('a webhook scheme whose signature covers no time', () => {
  const timeless = (context: Context, { headers, body }: InboundRequest): Context => ({
    ...context,
    now: new Date(Number((headers[context.settings.header] ?? '').split(' ')[0]) * 1_000 || body.length),
  });
  const verify: Acme['verify'] = (request, context) => good.verify(request, timeless(context, request));
  for (const { name, run } of checksOf({ verify }, {}, { isTimed: false })) it(name, run);
});

class SecretSettings extends AcmeSettings {
  @Text({ max: 40, optional: true })
  readonly secret?: string;
}

class Undescribed {
  readonly header: string;
}

const good = new Acme();
let tick = 0;
const refused = (message?: string): never => {
  throw new InvalidSignature(message);
};
/** With what it verifies, or is given, changed. */
const verifying =
  (change: (request: InboundRequest, context: Context) => [InboundRequest, Context]): Acme['verify'] =>
  (request, context) =>
    good.verify(...change(request, context));
const giving =
  (change: (verified: Verified, request: InboundRequest) => Partial<Verified>): Acme['verify'] =>
  (request, context) => {
    const verified = good.verify(request, context);
    return { ...verified, ...change(verified, request) };
  };

const BROKEN: [check: string, sentence: RegExp, checks: () => readonly ContractCheck[]][] = [
  ['says what it is', /no name of a scheme/, () => checksOf({}, { name: 'Acme Signs' })],
  ['says what it is', /a field secret, which every source/, () => checksOf({}, { settings: SecretSettings })],
  ['says what it is', /insecure, and makes secrets/, () => checksOf({}, { isInsecure: true })],
  ['has settings that are validated', /not valid by the class/, () => checksOf({}, {}, { settings: { header: '' } })],
  ['has settings that are validated', /is taken, by its class/, () => checksOf({ faultsOf: () => [] })],
  [
    'has settings that are validated',
    /no JSON pointer/,
    () => checksOf({ faultsOf: (one) => good.faultsOf(one).map((fault) => ({ ...fault, pointer: 'header' })) }),
  ],
  [
    'has settings that are validated',
    /faultsOf refuses what you gave/,
    () => checksOf({ faultsOf: () => good.faultsOf({ settings: { header: 'content-length' } }) }),
  ],
  [
    'describes its settings by a JSON schema',
    /header is not in the JSON schema/,
    () => checksOf({}, { settings: Undescribed }),
  ],
  ['makes secrets that nobody guesses', /24 to 200/, () => checksOf({ newSecret: () => `short${tick++}` })],
  ['makes secrets that nobody guesses', /the same secret twice/, () => checksOf({ newSecret: () => 'x'.repeat(32) })],
  [
    'believes a call of the sender’s, under a key that stays',
    /A genuine call is refused/,
    () => checksOf({ verify: verifying((request, context) => [request, { ...context, now: new Date() }]) }),
  ],
  [
    'believes a call of the sender’s, under a key that stays',
    /another key each time/,
    () => checksOf({ verify: giving(() => ({ dedupeKey: `${tick++}` })) }),
  ],
  [
    'believes a call of the sender’s, under a key that stays',
    /no key of 1 to 200/,
    () => checksOf({ verify: giving(() => ({ dedupeKey: '' })) }),
  ],
  [
    'believes a call of the sender’s, under a key that stays',
    /shows what cannot be kept/,
    () => checksOf({ verify: giving(() => ({ type: 'a\0b' })) }),
  ],
  [
    'believes a call of the sender’s, under a key that stays',
    /takes an event for a challenge/,
    () => checksOf({ verify: giving(() => ({ challenge: { contentType: 'text/plain', body: 'ok' } })) }),
  ],
  [
    'believes a call of the sender’s, under a key that stays',
    /changes the call/,
    () =>
      checksOf({
        verify: (request, context) => {
          const verified = good.verify(request, context);
          Object.assign(request.headers, { seen: 'yes' });
          return verified;
        },
      }),
  ],
  [
    'is not upset by what is no call of the sender’s',
    /SyntaxError.* and not InvalidSignature/,
    () =>
      checksOf({
        verify: (request, context) => {
          JSON.parse(request.body.toString()); // parsed before it is verified
          return good.verify(request, context);
        },
      }),
  ],
  [
    'is not upset by what is no call of the sender’s',
    /TypeError.* and not InvalidSignature/,
    () =>
      checksOf({
        verify: (request, context) => {
          if (request.headers['x-acme']!.length === 0) refused();
          return good.verify(request, context);
        },
      }),
  ],
  [
    'is not upset by what is no call of the sender’s',
    /is told why: "Too old"/,
    () =>
      checksOf({
        verify: (request, context) => {
          const [time] = (request.headers['x-acme'] ?? '').split(' ');
          return isTimely(time, context) ? good.verify(request, context) : refused('Too old');
        },
      }),
  ],
  [
    'believes it by any secret that is good',
    /does not believe a call signed by one of them/,
    () =>
      checksOf({ verify: verifying((one, context) => [one, { ...context, secrets: context.secrets.slice(0, 1) }]) }),
  ],
  ['believes nobody who does not know a secret', /another secret is believed/, () => checksOf(anybody())],
  [
    'believes nobody who does not know a secret',
    /an empty secret is believed/,
    () =>
      checksOf({
        verify: ({ headers, body, ...rest }, context) => {
          const [time = '', signature] = (headers['x-acme'] ?? '').split(' ');
          const isForged = context.secrets.some(
            (secret) => createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex') === signature,
          );
          return isForged ? { dedupeKey: onceById('1', []) } : good.verify({ headers, body, ...rest }, context);
        },
      }),
  ],
  [
    'refuses what was changed on the way, or counts it as the same',
    /byte 0 was flipped is believed/,
    () => checksOf({ verify: (...call) => ({ ...anybody().verify(...call), dedupeKey: 'id:1' }) }),
  ],
  [
    'refuses what was changed on the way, or counts it as the same',
    /a call counts again/,
    () =>
      checksOf({ verify: giving((_verified, { headers }) => ({ dedupeKey: `try-${headers['x-acme-try'] || '0'}` })) }),
  ],
  [
    'refuses what was changed on the way, or counts it as the same',
    /With another query a call counts again/,
    () => checksOf({ verify: giving((_verified, { query }) => ({ dedupeKey: `query-${query.again ?? ''}` })) }),
  ],
  [
    'refuses a body that was written anew',
    /the same JSON in other bytes is believed/,
    () =>
      checksOf({
        verify: (request, context) => {
          const { id } = jsonObjectOf(request.body);
          return good.verify(id === '1' ? { ...request, body: Buffer.from('{"id": "1"}') } : request, context);
        },
      }),
  ],
  [
    'refuses what is too old, and what is too new',
    /signed 302 s ago, is believed/,
    () => checksOf({ verify: verifying((one, context) => [one, { ...context, toleranceSeconds: 100_000 }]) }),
  ],
  [
    'refuses what is too old, and what is too new',
    /a tolerance of 10 s, signed 12 s ago/,
    () => checksOf({ verify: verifying((one, context) => [one, { ...context, toleranceSeconds: 300 }]) }),
  ],
  [
    'refuses what is too old, and what is too new',
    /signed 302 s from now, is believed/,
    () =>
      checksOf({
        verify: (request, context) => {
          const [time = ''] = (request.headers['x-acme'] ?? '').split(' ');
          const at = new Date(Number(time) * 1_000);
          return good.verify(request, { ...context, now: at > context.now ? at : context.now });
        },
      }),
  ],
  ['refuses what is too old, and what is too new', /say isTimed/, () => checksOf({}, {}, { isTimed: false })],
  [
    'answers a challenge when it is signed',
    /A challenge is not answered/,
    () => checksOf({ verify: giving(() => ({ challenge: undefined })) }),
  ],
  [
    'answers a challenge when it is signed',
    /a challenge by somebody else is believed/,
    () =>
      checksOf({
        verify: (request, context) =>
          jsonObjectOf(request.body).hello === undefined ? good.verify(request, context) : good.verifiedOf(request),
      }),
  ],
];

/** It believes whatever looks like a signature. */
function anybody(): Pick<Acme, 'verify'> {
  return {
    verify: (request, { settings }) => {
      const signature = request.headers[settings.header];
      return signature !== undefined && /^\d+ [0-9a-f]{64}$/.test(signature) ? good.verifiedOf(request) : refused();
    },
  };
}

describe('a broken webhook scheme', () => {
  it.each(BROKEN)('fails "%s": %s', async (name, sentence, checks) => {
    const broken = checks().find((one) => one.name === name);

    await expect(broken?.run()).rejects.toThrow(sentence);
  });

  it('breaks each of the promises once at least', () => {
    const names = checksOf({}).map(({ name }) => name);

    expect(names.filter((name) => !BROKEN.some(([broken]) => broken === name))).toEqual([]);
  });
});

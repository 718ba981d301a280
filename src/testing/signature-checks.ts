import { type InboundRequest, InvalidSignature, type Verified } from '../extension/index.js';
import { check, type ContractCheck, must, said, thrownBy } from './check.js';
import { flipped, headersChanged, JUNK_BODIES, placesIn } from './junk.js';
import { NOW, type SchemeSubject, TOLERANCE_SECONDS } from './scheme-given.js';

const DEDUPE_KEY = /^[\x21-\x7e]{1,200}$/;
const SHOWN_MAX = 200;
const REFUSAL = new InvalidSignature().message;
/** As senders, proxies and people who try things out put into a header. */
const JUNK_VALUES = [
  '',
  ' ',
  ',',
  '=',
  'v1,',
  'v1=',
  't=,v1=',
  'sha256=',
  '-1',
  '1e3',
  'NaN',
  '\0',
  '€',
  'x'.repeat(9_000),
];
const JUNK_SECRETS = ['', ' ', 'whsec_', '%%%%', '€', '\0'];

type Make = () => SchemeSubject;

export const beliefChecks = (make: Make): ContractCheck[] => [
  check('believes a call of the sender’s, under a key that stays', () => believes(make())),
  check('is not upset by what is no call of the sender’s', () => staysCalm(make())),
];

export const refusalChecks = (make: Make): ContractCheck[] => [
  check('believes it by any secret that is good', () => knowsSeveralSecrets(make())),
  check('believes nobody who does not know a secret', () => refusesStrangers(make())),
  check('refuses what was changed on the way, or counts it as the same', () => refusesChanges(make())),
  check('refuses a body that was written anew', () => refusesRewriting(make())),
  check('refuses what is too old, and what is too new', () => refusesOtherTimes(make())),
  check('answers a challenge when it is signed', () => answersChallenges(make())),
];

async function believes(subject: SchemeSubject): Promise<void> {
  const request = await subject.request();
  const before = JSON.stringify(request);
  const [once, again] = [await genuine(subject, request), await genuine(subject, request)];
  mustBeVerified(once);
  must(once.dedupeKey === again.dedupeKey, 'The same call has another key each time: it would count twice.');
  must(JSON.stringify(request) === before, 'It changes the call that it was lent.');
  must(once.challenge === undefined, 'It takes an event for a challenge, and would never run it.');
}

async function genuine(subject: SchemeSubject, request: InboundRequest): Promise<Verified> {
  let verified: Verified | undefined;
  const thrown = await thrownBy(async () => (verified = await subject.verify(request)));
  must(verified !== undefined, `A genuine call is refused, at the time it was given: ${said(thrown)}`);
  return verified;
}

function mustBeVerified(verified: Verified): void {
  const shown = JSON.stringify(verified);
  must(
    typeof verified.dedupeKey === 'string' && DEDUPE_KEY.test(verified.dedupeKey),
    `${shown} has no key of 1 to 200 printable characters: onceById and onceByBytes make one.`,
  );
  for (const text of [verified.eventId, verified.type])
    must(
      text === undefined ||
        (typeof text === 'string' && text !== '' && text.length <= SHOWN_MAX && !/[\0-\x1f]/.test(text)),
      `${shown} shows what cannot be kept: shownText says what can.`,
    );
}

async function staysCalm(subject: SchemeSubject): Promise<void> {
  const request = await subject.request();
  const names = Object.keys(request.headers);
  const calls: InboundRequest[] = [
    ...JUNK_BODIES.flatMap((body) => [
      { ...request, body: Buffer.from(body) },
      { ...request, headers: {}, body: Buffer.from(body) },
    ]),
    ...JUNK_VALUES.map((value) => ({ ...request, headers: Object.fromEntries(names.map((name) => [name, value])) })),
    ...JUNK_VALUES.flatMap((value) =>
      names.map((name) => ({ ...request, headers: { ...request.headers, [name]: value } })),
    ),
    { url: '', headers: {}, query: {}, body: Buffer.alloc(0) },
  ];
  for (const call of calls) await outcomeOf(subject, call, 'what is no call of the sender’s');
  for (const secret of JUNK_SECRETS) {
    const thrown = await thrownBy(() => subject.verify(request, { secrets: [secret] }));
    mustBeRefusal(thrown, `the secret ${JSON.stringify(secret)}`);
  }
}

/** @returns undefined for what is refused, as it may be */
async function outcomeOf(
  subject: SchemeSubject,
  request: InboundRequest,
  what: string,
  wish: Parameters<SchemeSubject['verify']>[1] = {},
): Promise<Verified | undefined> {
  let verified: Verified | undefined;
  const thrown = await thrownBy(async () => (verified = await subject.verify(request, wish)));
  mustBeRefusal(thrown, what);
  if (verified !== undefined) mustBeVerified(verified);
  return verified;
}

/** Any other error would be a 500 that a stranger can cause, and another message tells what to try next. */
function mustBeRefusal(thrown: unknown, what: string): void {
  if (thrown === undefined) return;
  must(thrown instanceof InvalidSignature, `A call with ${what} threw ${said(thrown)}, and not InvalidSignature.`);
  must(thrown.message === REFUSAL, `A call with ${what} is told why: "${thrown.message}"`);
}

async function mustRefuse(...call: Parameters<typeof outcomeOf>): Promise<void> {
  must((await outcomeOf(...call)) === undefined, `A call with ${call[2]} is believed.`);
}

async function knowsSeveralSecrets(subject: SchemeSubject): Promise<void> {
  const { secret } = subject;
  const [request, other] = [await subject.request(), otherThan(secret)];
  const { dedupeKey } = await genuine(subject, request);
  for (const secrets of [
    [secret, other],
    [other, secret],
  ]) {
    const verified = await outcomeOf(subject, request, 'one of two secrets', { secrets });
    must(verified !== undefined, 'With two secrets that are good, it does not believe a call signed by one of them.');
    must(verified.dedupeKey === dedupeKey, 'The key of a call depends on which secrets are good.');
  }
}

/** The same form, and another secret. */
const otherThan = (secret: string): string => {
  const at = Math.floor(secret.length / 2);
  return secret.slice(0, at) + (secret[at] === 'A' ? 'B' : 'A') + secret.slice(at + 1);
};

async function refusesStrangers(subject: SchemeSubject): Promise<void> {
  const { given, settings, secret } = subject;
  const request = await subject.request();
  await mustRefuse(subject, request, 'another secret', { secrets: [otherThan(secret)] });
  await mustRefuse(subject, request, 'no secret that is good', { secrets: [] });
  let forged: InboundRequest | undefined;
  await thrownBy(async () => (forged = await given.request({ secret: '', at: NOW, settings }))); // which your signing may refuse
  if (forged) await mustRefuse(subject, forged, 'a signature by an empty secret', { secrets: [''] });
  await mustRefuse(subject, { ...request, headers: {}, body: Buffer.from('{}') }, 'no signature at all');
}

async function refusesChanges(subject: SchemeSubject): Promise<void> {
  const request = await subject.request();
  const { dedupeKey } = await genuine(subject, request);
  let refused = 0;
  const look = async (changed: InboundRequest, what: string): Promise<boolean> => {
    const verified = await outcomeOf(subject, changed, what);
    if (verified === undefined) refused++;
    must(
      verified === undefined || verified.dedupeKey === dedupeKey,
      `With ${what} a call counts again: what the key is made of is not signed.`,
    );
    return verified === undefined;
  };
  for (const at of placesIn(request.body))
    must(
      (await look({ ...request, body: flipped(request.body, at) }, `byte ${at} of the body flipped`)) ||
        subject.given.signs === 'part',
      `A body whose byte ${at} was flipped is believed; if the sender signs only a part, say signs: 'part'.`,
    );
  for (const changed of headersChanged(request)) await look(changed, 'a header changed, or left out,');
  await look({ ...request, url: `${request.url}&again`, query: { again: '1' } }, 'another query');
  must(refused > 0, 'Whatever was changed, it was believed.');
}

async function refusesRewriting(subject: SchemeSubject): Promise<void> {
  const request = await subject.request();
  let written: string;
  try {
    written = JSON.stringify(JSON.parse(request.body.toString()), null, 1);
  } catch {
    return; // the sender sends no JSON
  }
  if (subject.given.signs === 'part') return;
  for (const body of [written, `${request.body.toString()}\n`, ` ${request.body.toString()}`])
    await mustRefuse(subject, { ...request, body: Buffer.from(body) }, 'the same JSON in other bytes');
}

async function refusesOtherTimes(subject: SchemeSubject): Promise<void> {
  const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);
  for (const tolerance of [TOLERANCE_SECONDS, 10])
    for (const sign of [-1, 1]) {
      const when = `signed ${tolerance + 2} s ${sign < 0 ? 'ago' : 'from now'}`;
      const outside = await subject.request(at(sign * (tolerance + 2)));
      const wish = { toleranceSeconds: tolerance };
      if (subject.isTimed) await mustRefuse(subject, outside, `a tolerance of ${tolerance} s, ${when},`, wish);
      else
        must(await outcomeOf(subject, outside, when, wish).then(Boolean), `It refuses what was ${when}: say isTimed.`);
      const within = await outcomeOf(
        subject,
        await subject.request(at(sign * (tolerance - 2))),
        'a time that is well',
        wish,
      );
      must(within !== undefined, `It refuses what is within its tolerance of ${tolerance} s.`);
    }
}

async function answersChallenges(subject: SchemeSubject): Promise<void> {
  const { given, settings, secret } = subject;
  if (!given.challenge) return;
  const request = await given.challenge({ secret, at: NOW, settings });
  const { challenge } = await genuine(subject, request);
  must(
    Boolean(challenge?.contentType && challenge.body),
    'A challenge is not answered, with a content type and a body.',
  );
  await mustRefuse(subject, request, 'a challenge by somebody else', { secrets: [otherThan(secret)] });
}

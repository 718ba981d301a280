import { randomUUID } from 'node:crypto';
import type { Outcome } from '../extension/index.js';
import { callContext } from './call-context.js';
import { check, comesTrue, type ContractCheck, must, said, settled, SETTLES_WITHIN_MS, thrownBy } from './check.js';
import { redacted, withOtherSecrets } from './fields.js';
import { isTaken, mustBeOutcome } from './outcomes.js';
import { aDeadEnd, aPeer, aRelay, type KitPeer, type Manner, type Peer } from './peers.js';
import { type Call, type Subject, withPeer } from './provider-given.js';

const EVENTS_URL = 'https://chatapi.example/api/v1/providers/0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11/events';
/** So long a vendor has dripped before the deadline. */
const DRIPPING_MS = 60;
/** Of a vendor that is not itself, and what may not be made of each. */
const NOT_FINAL = [408, 429, 500, 503];
const ANSWERS: readonly Manner[] = [
  ...[302, 400, 401, 403, 404, 408, 409, 410, 422, 429, 500, 502, 503, 504].map((status) => ({ status })),
  ...[{ status: 200 }, { status: 200, body: '<html>' }, { status: 200, body: 'null' }, { status: 500, body: '{"' }],
];

/** @param make a fresh subject for each check */
export const sendChecks = (make: () => Subject): ContractCheck[] => [
  check('sends through the vendor, and hands the id of the delivery on', () => handsOn(make())),
  check('keeps nothing of one call for the next', () => isStateless(make())),
  check('connects to nobody but whom the guard lets it', () => isGuarded(make())),
  check('ends with its signal when the vendor hangs', () => endsInTime(make(), 'hangs')),
  check('ends with its signal when the vendor drips', () => endsInTime(make(), 'drips')),
  check('makes an outcome of whatever the vendor does', () => neverThrows(make())),
  check('does not take for final what is temporary', () => triesAgain(make())),
  check('tells none of its secrets', () => tellsNoSecret(make())),
  check('closes twice, and leaves nothing open', () => closes(make())),
];

/** For one that calls nobody. */
export const inwardChecks = (make: () => Subject): ContractCheck[] => [
  check('makes an outcome by itself', async () => {
    const { provider, given } = make();
    const { settings, message } = given.at(await aDeadEnd());
    mustBeOutcome(await provider.send(callContext(settings), message), 'send');
  }),
  check('closes twice', async () => closeTwice(make())),
];

async function handsOn({ provider, given, vendor }: Subject): Promise<void> {
  await withPeer(aRelay(vendor), async (relay) => {
    const { settings, message } = given.at(relay);
    for (const attempt of [1, 2]) {
      const deliveryId = randomUUID();
      const before = relay.received().length;
      const outcome = await provider.send(
        callContext(settings, { deliveryId, attempt, eventsUrl: EVENTS_URL }),
        message,
      );
      mustBeOutcome(outcome, 'send');
      must(isTaken(outcome), `Your fake of the vendor did not take the message: ${JSON.stringify(outcome)}`);
      must(
        given.hasNoId === true || relay.received().slice(before).includes(deliveryId),
        'The vendor never saw the id of the delivery, by which it could tell a repeat, or its events could name it.',
      );
    }
    await provider.close?.();
  });
}

async function isStateless({ provider, given, descriptor, overHttp }: Subject): Promise<void> {
  const manner: Manner = overHttp ? { status: 500 } : 'drops';
  await withPeer(aPeer(manner, { overHttp }), (one) =>
    withPeer(aPeer(manner, { overHttp }), async (other) => {
      const mine = given.at(one);
      const yours = { ...given.at(other), settings: withOtherSecrets(descriptor.settings, given.at(other).settings) };
      const send = ({ settings, message }: typeof mine) => provider.send(callContext(settings), message);
      await send(mine);
      await send(yours);
      await Promise.all([send(mine), send(yours), send(mine), send(yours)]);
      const expected = overHttp ? 3 : 1;
      for (const [peer, strange] of [
        [one, yours.settings],
        [other, mine.settings],
      ] as const) {
        must(peer.calls() >= expected, 'A call went where the settings of another call lead.');
        must(
          redacted(descriptor.settings, strange, peer.received()) === peer.received(),
          'A call had the secrets of another call’s settings.',
        );
      }
      await provider.close?.();
    }),
  );
}

async function isGuarded(subject: Subject): Promise<void> {
  const { provider, overHttp } = subject;
  await withPeer(aPeer(overHttp ? { status: 200 } : 'drops', { overHttp }), async (peer) => {
    const { settings } = subject.given.at(peer);
    const closed = callContext(settings, { allowed: '' });
    for (const call of subject.calls(peer, () => closed))
      for (const outcome of await outcomesOf(call, 'an address that may not be called'))
        must(!isTaken(outcome), `${call.name} says that it sent something, and no address may be called.`);
    await thrownBy(() => provider.verify?.(closed));
    await thrownBy(() => provider.poll?.(closed, new Date(0)));
    must(
      peer.calls() === 0 && peer.open() === 0 && peer.received() === '',
      'It connected to an address that may not be called: use the fetch or addressOf of the context, and nothing else.',
    );
    await provider.close?.();
  });
}

async function endsInTime(subject: Subject, manner: 'hangs' | 'drips'): Promise<void> {
  await withPeer(aPeer(manner, { overHttp: subject.overHttp }), async (peer) => {
    for (const { name } of subject.calls(peer, (settings) => callContext(settings))) {
      const deadline = new AbortController();
      const call = subject
        .calls(peer, (settings) => callContext(settings, { signal: deadline.signal }))
        .find((one) => one.name === name);
      must(call !== undefined, `There is no ${name}.`);
      await endsWithSignal(call, peer, deadline, manner);
    }
    await subject.provider.close?.();
    must(
      await comesTrue(() => peer.open() === 0, SETTLES_WITHIN_MS),
      'A connection is still open after its call has ended.',
    );
  });
}

async function endsWithSignal(
  call: Call,
  peer: KitPeer,
  deadline: AbortController,
  manner: 'hangs' | 'drips',
): Promise<void> {
  const before = peer.calls();
  let isOver = false;
  const sending = outcomesOf(call, `a vendor that ${manner}`).finally(() => (isOver = true));
  sending.catch(() => undefined);
  await comesTrue(() => isOver || peer.calls() > before);
  must(isOver || peer.calls() > before, `${call.name} did not call the vendor.`);
  if (manner === 'drips') await comesTrue(() => isOver, DRIPPING_MS);
  deadline.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  for (const outcome of await settled(sending, call.name))
    must(
      !isTaken(outcome) && outcome.kind !== 'rejected',
      `${call.name} was cut off by its deadline and says ${outcome.kind}: nobody knows that.`,
    );
}

async function neverThrows(subject: Subject): Promise<void> {
  const { overHttp } = subject;
  for (const manner of ['drops', ...(overHttp ? ANSWERS : [])] as const)
    await withPeer(aPeer(manner, { overHttp }), async (peer) => {
      const what = typeof manner === 'string' ? `a vendor that ${manner}` : `the answer ${JSON.stringify(manner)}`;
      for (const call of subject.calls(peer, (settings) => callContext(settings)))
        for (const outcome of await outcomesOf(call, what))
          must(
            typeof manner === 'object' && manner.status < 300 ? true : !isTaken(outcome),
            `${call.name} takes ${what} for a success.`,
          );
    });
  const deadEnd = await aDeadEnd();
  for (const call of subject.calls(deadEnd, (settings) => callContext(settings)))
    for (const outcome of await outcomesOf(call, 'a vendor that is away'))
      must(!isTaken(outcome), `${call.name} says that it sent something, and nobody was there.`);
  await subject.provider.close?.();
}

async function triesAgain(subject: Subject): Promise<void> {
  const mayNot = (outcome: Outcome, what: string) =>
    must(outcome.kind !== 'rejected', `${what} ends the delivery for good: it says nothing of the recipient.`);
  const deadEnd = await aDeadEnd();
  for (const call of subject.calls(deadEnd, (settings) => callContext(settings)))
    for (const outcome of await call.outcomes()) mayNot(outcome, 'A vendor that is away');
  for (const status of subject.overHttp ? NOT_FINAL : [])
    await withPeer(aPeer({ status }, { overHttp: true }), async (peer) => {
      for (const call of subject.calls(peer, (settings) => callContext(settings)))
        for (const outcome of await call.outcomes()) mayNot(outcome, `An answer of ${status}`);
    });
  await subject.provider.close?.();
}

/** The house takes marked secrets out of details; references, and secrets in a form of their own, are the provider's to keep. */
async function tellsNoSecret(subject: Subject): Promise<void> {
  const { provider, descriptor, overHttp, given } = subject;
  const look = async (peer: Peer) => {
    const { settings } = given.at(peer);
    const isTold = (text: string) => redacted(descriptor.settings, settings, text) !== text;
    for (const call of subject.calls(peer, () => callContext(settings)))
      for (const outcome of await call.outcomes()) {
        const { detail = '', ...rest } = outcome;
        const shown = redacted(descriptor.settings, settings, detail);
        must(!isTold(JSON.stringify(rest)), `An outcome of ${call.name} holds a secret beside its detail.`);
        must(
          !spelled(settings, descriptor.settings, shown),
          `The detail of ${call.name} tells a secret in a form that is not masked.`,
        );
      }
    const thrown = await thrownBy(() => provider.verify?.(callContext(settings)));
    const shown = redacted(descriptor.settings, settings, said(thrown));
    must(
      !spelled(settings, descriptor.settings, shown),
      'What verify throws tells a secret in a form that is not masked.',
    );
  };
  for (const manner of overHttp ? (['echoes', { status: 500 }] as const) : (['drops'] as const))
    await withPeer(aPeer(manner, { overHttp }), look);
  await look(await aDeadEnd());
  if (given.refused) await look(subject.vendor);
  await provider.close?.();
}

const LEGIBLE_MIN = 6;

/** In hexadecimal, backwards, or with its case changed: forms that only a provider itself would make. */
function spelled(settings: object, type: Subject['descriptor']['settings'], text: string): boolean {
  const values = (Object.values(settings) as unknown[]).flatMap((value) =>
    typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [value],
  );
  const secrets = values.filter(
    (value): value is string =>
      typeof value === 'string' && value.length >= LEGIBLE_MIN && redacted(type, settings, value) !== value,
  );
  const plain = text.toLowerCase();
  return secrets.some((secret) =>
    [secret, Buffer.from(secret).toString('hex'), [...secret].reverse().join('')].some((form) =>
      plain.includes(form.toLowerCase()),
    ),
  );
}

async function closes(subject: Subject): Promise<void> {
  const { provider, given, vendor } = subject;
  await withPeer(aRelay(vendor), async (relay) => {
    const { settings, message } = given.at(relay);
    await provider.send(callContext(settings), message);
    await closeTwice(subject);
    must(await comesTrue(() => relay.open() === 0, SETTLES_WITHIN_MS), 'A connection is still open after close.');
  });
}

async function closeTwice({ provider }: Subject): Promise<void> {
  await provider.close?.();
  const thrown = await thrownBy(() => provider.close?.());
  must(thrown === undefined, `The second close threw ${said(thrown)}.`);
}

/** What a provider throws is a fault of its own; what a vendor does is not. */
export async function outcomesOf(call: Call, what: string): Promise<readonly Outcome[]> {
  let outcomes: readonly Outcome[] = [];
  const thrown = await thrownBy(async () => (outcomes = await call.outcomes()));
  must(thrown === undefined, `${call.name} threw for ${what} instead of giving an outcome: ${said(thrown)}`);
  for (const outcome of outcomes) mustBeOutcome(outcome, call.name);
  return outcomes;
}

import { callContext } from './call-context.js';
import { check, comesTrue, type ContractCheck, must, said, settled, SETTLES_WITHIN_MS, thrownBy } from './check.js';
import { mustBeOutcome } from './outcomes.js';
import { aDeadEnd, aPeer, aRelay, type Peer } from './peers.js';
import { itemOf, type Subject, withPeer } from './provider-given.js';

export const batchChecks = (make: () => Subject): ContractCheck[] => [
  check('gives an outcome for each of a batch, in their order', () => keepsOrder(make())),
];

export const verifyChecks = (make: () => Subject): ContractCheck[] => [
  check('verifies credentials that work', async () => {
    const { provider, given, vendor } = make();
    const thrown = await thrownBy(() => provider.verify?.(callContext(given.at(vendor).settings)));
    must(thrown === undefined, `verify threw for settings that your fake takes: ${said(thrown)}`);
    await provider.close?.();
  }),
  check('throws for credentials that do not', () => refusesCredentials(make())),
  check('ends verifying with its signal', () => endsVerifying(make())),
];

export const pollChecks = (make: () => Subject): ContractCheck[] => [
  check('asks for what was missed, and goes on from where it was', () => polls(make())),
];

async function keepsOrder({ provider, given, descriptor, vendor }: Subject): Promise<void> {
  must(given.batch !== undefined, `${descriptor.kind} sends batches: give the kit messages that go together.`);
  await withPeer(aRelay(vendor), async (relay) => {
    const wishes = given.batch?.(relay) ?? [];
    must(wishes.length > 1, 'A batch is of two messages at least.');
    must(
      (descriptor.batchMax ?? 0) >= wishes.length,
      'sendBatch without a batchMax that allows for it is never called.',
    );
    const { settings } = given.at(relay);
    for (const order of [wishes, [...wishes].reverse(), [...wishes.slice(1), ...wishes.slice(0, 1)]]) {
      const items = order.map(({ message }, n) => itemOf(message, n));
      const outcomes = await provider.sendBatch?.(callContext(settings), items);
      must(outcomes != null, 'sendBatch gave null for messages that you say go together.');
      for (const outcome of outcomes) mustBeOutcome(outcome, 'sendBatch');
      const [ends, expected] = [outcomes.map(({ kind }) => kind).join(', '), order.map((one) => one.ends).join(', ')];
      must(
        ends === expected,
        `The outcomes of a batch are ${ends}; in the order of its messages they are ${expected}.`,
      );
    }
    await provider.close?.();
  });
}

async function refusesCredentials({ provider, given, overHttp, vendor }: Subject): Promise<void> {
  const mustThrow = async (peer: Peer, settings: object, what: string) =>
    must(
      (await thrownBy(() => provider.verify?.(callContext(settings)))) !== undefined,
      `verify is content with ${what} at ${peer.url}.`,
    );
  if (given.refused) await mustThrow(vendor, given.refused(vendor), 'settings that your fake refuses');
  const nobody = await aDeadEnd();
  await mustThrow(nobody, given.at(nobody).settings, 'nobody');
  for (const status of overHttp ? [401, 403, 500] : [])
    await withPeer(aPeer({ status }, { overHttp }), (peer) =>
      mustThrow(peer, given.at(peer).settings, `an answer of ${status}`),
    );
  await provider.close?.();
}

async function endsVerifying({ provider, given, overHttp }: Subject): Promise<void> {
  await withPeer(aPeer('hangs', { overHttp }), async (peer) => {
    const deadline = new AbortController();
    const verifying = thrownBy(() =>
      provider.verify?.(callContext(given.at(peer).settings, { signal: deadline.signal })),
    );
    await comesTrue(() => peer.calls() > 0);
    deadline.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    must((await settled(verifying, 'verify')) !== undefined, 'verify is content with somebody who said nothing.');
    await provider.close?.();
    must(
      await comesTrue(() => peer.open() === 0, SETTLES_WITHIN_MS),
      'A connection is still open after verify has ended.',
    );
  });
}

async function polls({ provider, given, overHttp, vendor }: Subject): Promise<void> {
  const since = new Date(Date.now() - 3_600_000);
  const { receipts, until } = (await provider.poll?.(callContext(given.at(vendor).settings), since)) ?? {};
  must(Array.isArray(receipts), 'poll gave no receipts, not even none.');
  must(until instanceof Date && until >= since, 'poll goes back in time: until is before since.');
  await withPeer(aPeer('hangs', { overHttp }), async (peer) => {
    const deadline = new AbortController();
    const polling = thrownBy(() =>
      provider.poll?.(callContext(given.at(peer).settings, { signal: deadline.signal }), since),
    );
    await comesTrue(() => peer.calls() > 0);
    deadline.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    must((await settled(polling, 'poll')) !== undefined, 'poll is content with somebody who said nothing.');
  });
  await provider.close?.();
}

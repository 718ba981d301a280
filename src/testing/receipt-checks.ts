import { InvalidSignature, type Receipt, type ReceiptRequest } from '../extension/index.js';
import { check, type ContractCheck, must, said, thrownBy } from './check.js';
import { withOtherSecrets } from './fields.js';
import { flipped, headersChanged, JUNK_BODIES, placesIn } from './junk.js';
import type { Subject } from './provider-given.js';

const KINDS = ['sent', 'delivered', 'bounced', 'failed', 'opened', 'clicked', 'complained', 'unsubscribed'];
const TOKEN_MAX = 200;

export const receiptChecks = (make: () => Subject): ContractCheck[] => [
  check('reads what the vendor tells, under a token that stays', () => readsReceipts(make())),
  check('refuses what is signed with another secret', () => refusesStrangers(make())),
  check('refuses what was changed on the way', () => refusesChanges(make())),
  check('refuses what is no call of the vendor, and says no more', () => refusesNonsense(make())),
];

interface Told {
  readonly request: ReceiptRequest;
  readonly read: (request: ReceiptRequest, settings?: object) => Promise<readonly Receipt[]>;
  readonly settings: object;
}

function toldTo({ provider, given, descriptor }: Subject): Told {
  must(given.receipts !== undefined, `${descriptor.kind} reads receipts: give the kit a call of the vendor’s.`);
  const { settings } = given.at({ host: '127.0.0.1', port: 9, url: 'http://127.0.0.1:9' });
  return {
    settings,
    request: given.receipts.request(settings),
    read: async (request, own = settings) => (await provider.receipts?.(own, request)) ?? [],
  };
}

async function readsReceipts(subject: Subject): Promise<void> {
  const { request, read } = toldTo(subject);
  const [once, again] = [await read(request), await read(request)];
  must(once.length > 0, 'A genuine call gave no receipt.');
  for (const receipt of once) mustBeReceipt(receipt);
  must(
    JSON.stringify(once.map(({ token }) => token)) === JSON.stringify(again.map(({ token }) => token)),
    'The same call told twice has other tokens: it would count twice.',
  );
  must(new Set(once.map(({ token }) => token)).size === once.length, 'Two receipts of one call have the same token.');
}

function mustBeReceipt(receipt: Receipt): void {
  const { token, nonce = '', kind, at, deliveryId, reference } = receipt;
  const shown = JSON.stringify(receipt);
  must(
    typeof token === 'string' && token !== '' && token.length <= TOKEN_MAX,
    `${shown} has no token of 1 to 200 characters.`,
  );
  must(nonce.length <= TOKEN_MAX, `${shown} has a nonce of more than 200 characters.`);
  must(KINDS.includes(kind), `${shown} is of no kind of receipt.`);
  must(at instanceof Date && !Number.isNaN(at.getTime()), `${shown} has no time.`);
  must(
    Boolean(deliveryId ?? reference),
    `${shown} says neither which delivery it is of, nor the vendor’s own id of the message.`,
  );
}

async function refusesStrangers(subject: Subject): Promise<void> {
  const { request, read, settings } = toldTo(subject);
  await mustRefuse(() => read(request, withOtherSecrets(subject.descriptor.settings, settings)), 'another secret');
}

async function refusesChanges(subject: Subject): Promise<void> {
  const { request, read } = toldTo(subject);
  let refused = 0;
  for (const at of placesIn(request.body)) {
    const thrown = await thrownBy(() => read({ ...request, body: flipped(request.body, at) }));
    mustBeRefusal(thrown, `byte ${at} of the body flipped`);
    if (thrown !== undefined) refused++;
    must(
      thrown !== undefined || subject.given.receipts?.signs === 'part',
      `A body whose byte ${at} was flipped is believed; if the vendor signs only a part, say signs: 'part'.`,
    );
  }
  for (const changed of headersChanged(request)) {
    const thrown = await thrownBy(() => read(changed));
    mustBeRefusal(thrown, 'a header changed');
    if (thrown !== undefined) refused++;
  }
  must(refused > 0, 'Whatever was changed, it was believed.');
}

async function refusesNonsense(subject: Subject): Promise<void> {
  const { request, read } = toldTo(subject);
  for (const body of JUNK_BODIES) {
    await mustRefuse(
      () => read({ ...request, headers: {}, body: Buffer.from(body) }),
      `the body ${JSON.stringify(body)}`,
    );
    mustBeRefusal(
      await thrownBy(() => read({ ...request, body: Buffer.from(body) })),
      `the body ${JSON.stringify(body)}`,
    );
  }
}

async function mustRefuse(work: () => unknown, what: string): Promise<void> {
  const thrown = await thrownBy(work);
  must(thrown !== undefined, `A call with ${what} is believed.`);
  mustBeRefusal(thrown, what);
}

/** Any other error would be a 500 that a stranger can cause. */
const mustBeRefusal = (thrown: unknown, what: string): void =>
  must(
    thrown === undefined || thrown instanceof InvalidSignature,
    `A call with ${what} threw ${said(thrown)}, and not InvalidSignature.`,
  );

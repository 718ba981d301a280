import { Injectable } from '@nestjs/common';
import type { Receipt, ReceiptRequest } from '../../extension/index.js';
import { Database, GroupCommit, type Tx } from '../../platform/database/index.js';
import { DomainError, NotFound } from '../../platform/errors/index.js';
import { Doors, type Window, WindowsStore } from '../../platform/http/index.js';
import { type NamedByProvider, type News, NewsService } from '../notifications/index.js';
import { ProviderEvents, type ToldByProvider } from '../providers/index.js';
import { nameOf, type NewReceipt, NONCE, type ReceiptId, ReceiptsRepository } from './receipts.repository.js';
import { GIVE_UP_SECONDS, LOOK_AGAIN_SECONDS, storable } from './receipts.rules.js';

/** Batches of two processes may be about the same deliveries: they are short, and lock in one order. */
const COMMITS = { lanes: 2, maxBatch: 100, maxWaiting: 5_000 } as const;
/** What one look at the parked ones takes. */
const LOOK_AT_ONCE = 500;
/** What one transaction takes of a provider that was asked and had much to tell. */
const STORED_AT_ONCE = 500;

/** What an address may get wrong at one provider's door, and in looking for doors. */
const FAILURES_PER_MINUTE = 200;
/** What comes in of one provider. It tells again what was too much. */
const CALLS: readonly Window[] = [{ name: 'receipts', limit: 1_000, ttlMs: 1_000, scope: 'provider' }];

type Told = Receipt & ReceiptId;

/** Takes what providers tell of messages: each piece of news once, whenever and however often it comes. */
@Injectable()
export class ReceiptsService {
  private readonly commits: GroupCommit<ToldByProvider, null>;
  private readonly doors: Doors;
  private lane = 0;

  constructor(
    private readonly events: ProviderEvents,
    private readonly receipts: ReceiptsRepository,
    private readonly news: NewsService,
    private readonly database: Database,
    windows: WindowsStore,
  ) {
    this.doors = new Doors(windows, { name: 'receipts', failuresPerMinute: FAILURES_PER_MINUTE });
    const write = (calls: readonly ToldByProvider[]) => this.database.transaction((tx) => this.write(tx, calls));
    this.commits = new GroupCommit({ ...COMMITS, write, laneOf: () => this.lane++ });
  }

  /**
   * A call of a provider's own: all of it is stored when this returns, or none.
   * @returns how many pieces of news were in it
   * @throws NotFound
   * @throws DomainError `invalid_signature`, `rate_limited`
   */
  async take(providerId: string, request: ReceiptRequest, address: string): Promise<number> {
    this.doors.assertOpen(providerId, address);
    const told = await this.read(providerId, request, address);
    await this.doors.admit(providerId, providerId, CALLS);
    const receipts = told.receipts.flatMap((receipt) => storable(receipt) ?? []);
    if (receipts.length > 0) await this.commits.append({ ...told, receipts });
    return receipts.length;
  }

  /** What a provider told when it was asked, in transactions that do not grow with it. Again after a crash it adds what is left. */
  async store(told: ToldByProvider): Promise<void> {
    const receipts = told.receipts.flatMap((receipt) => storable(receipt) ?? []);
    for (let at = 0; at < receipts.length; at += STORED_AT_ONCE)
      await this.commits.append({ ...told, receipts: receipts.slice(at, at + STORED_AT_ONCE) });
  }

  /** Looks again for the messages of what came too early. */
  async lookForParked(): Promise<void> {
    while ((await this.lookForSome()) === LOOK_AT_ONCE);
  }

  private async read(providerId: string, request: ReceiptRequest, address: string): Promise<ToldByProvider> {
    try {
      return await this.events.read(providerId, request);
    } catch (error) {
      if (error instanceof NotFound) await this.doors.notFound(address);
      else if (error instanceof DomainError && error.kind === 'unauthenticated')
        await this.doors.refused(providerId, address);
      throw error;
    }
  }

  private lookForSome(): Promise<number> {
    return this.database.transaction(async (tx) => {
      const parked = await this.receipts.parked(tx, LOOK_AT_ONCE);
      if (parked.length === 0) return 0;
      const matched = await this.news.match(tx, parked);
      const found = parked.map((receipt, n) => ({ ...receipt, found: matched[n] !== null }));
      this.receipts.looked(tx, found, { giveUpSeconds: GIVE_UP_SECONDS, againSeconds: LOOK_AGAIN_SECONDS });
      await this.news.take(
        tx,
        parked.flatMap((receipt, n) => newsOf(receipt, matched[n] ?? null)),
      );
      return parked.length;
    });
  }

  private async write(tx: Tx, calls: readonly ToldByProvider[]): Promise<null[]> {
    const fresh = await this.withFreshNonces(tx, calls);
    const told = [...new Map(fresh.flatMap(toldIn).map((one) => [nameOf(one), one])).values()];
    const matched = await this.news.match(tx, told);
    const rows = told.map((one, n) => rowOf(one, matched[n] === null));
    const isNew = await this.receipts.add(tx, rows, LOOK_AGAIN_SECONDS);
    const news = told.flatMap((one, n) => (isNew.has(nameOf(one)) ? newsOf(one, matched[n] ?? null) : []));
    await this.news.take(tx, news);
    return calls.map(() => null);
  }

  /** A signature that is good for one call is good for the first: what another tells under it is not heard. */
  private async withFreshNonces(tx: Tx, calls: readonly ToldByProvider[]): Promise<readonly ToldByProvider[]> {
    const first = new Map<string, ToldByProvider>();
    for (const call of calls)
      for (const nonce of noncesOf(call)) if (!first.has(nameOf(nonce))) first.set(nameOf(nonce), call);
    if (first.size === 0) return calls;
    const fresh = await this.receipts.add(tx, [...new Set(calls)].flatMap(noncesOf), LOOK_AGAIN_SECONDS);
    return calls.filter((call) =>
      noncesOf(call).every((nonce) => fresh.has(nameOf(nonce)) && first.get(nameOf(nonce)) === call),
    );
  }
}

const toldIn = ({ clientId, providerId, receipts }: ToldByProvider): Told[] =>
  receipts.map((receipt) => ({ ...receipt, clientId, providerId }));

function noncesOf({ clientId, providerId, receipts }: ToldByProvider): NewReceipt[] {
  const nonces = new Set(receipts.flatMap(({ nonce }) => nonce ?? []));
  const nothing = { reference: null, recipient: null, detail: null };
  return [...nonces].map((nonce) => ({
    ...{ clientId, providerId, token: `${NONCE}:${nonce}`.slice(0, 200), kind: NONCE, at: new Date(), ...nothing },
  }));
}

/** What is kept of it: the less, once its message is known. */
const rowOf = (
  { clientId, providerId, token, kind, at, reference, recipient, detail }: Told,
  isUnknown: boolean,
): NewReceipt => ({
  ...{ clientId, providerId, token, kind, at },
  reference: (isUnknown ? reference : undefined) ?? null,
  recipient: (isUnknown && reference !== undefined ? recipient : undefined) ?? null,
  detail: (isUnknown && reference !== undefined ? detail : undefined) ?? null,
});

type Tellable = Pick<News, 'kind' | 'at'> & NamedByProvider & { readonly detail?: string | null };

function newsOf({ clientId, providerId, kind, at, detail }: Tellable, delivery: News['delivery'] | null): News[] {
  return delivery ? [{ clientId, providerId, delivery, kind, at, detail: detail ?? null }] : [];
}

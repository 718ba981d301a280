import { OwnPlace, type Place, USERS } from '../../builders/places.js';
import { aScopedKey, type Twin } from '../../builders/twins.js';
import { ADMIN_KEY } from '../../support/app.js';
import type { TestApp } from '../../support/app.js';
import { type Call, callsOf } from '../../support/calls.js';
import { type RouteHandler, routeHandlers } from '../../support/handlers.js';
import { described, faultsOf, type Secrets } from './judge.js';
import { type Shot, shotsOf } from './shots.js';
import { Wire, type WireRequest } from './wire.js';

const ROUTES_AT_ONCE = 4;
const SHOTS_AT_ONCE = 4;
/** After these calls what they named is gone. */
const ENDS = /^DELETE |\/(leave|join)$/;
/** And after these the key that made them. */
const ENDS_KEY = /\/(login|logout)$/;

export interface FuzzWish {
  readonly seed: number;
  /** Shots at each operation. */
  readonly runs: number;
}

export interface Fuzzed {
  readonly operations: number;
  readonly sent: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly faults: readonly string[];
}

type Callers = Readonly<Record<string, readonly (readonly [string, string])[]>>;

/** Every operation of docs/openapi.json is called in ways that its schema asks for, and in those that it does not. */
export class Fuzz {
  private readonly wire: Wire;
  private readonly statuses: Record<number, number> = {};
  private readonly faults: string[] = [];
  private sent = 0;
  private keptKey?: Promise<string>;

  /** @param one attacks; nothing of the other may show or change */
  constructor(
    private readonly app: Pick<TestApp, 'operator' | 'api' | 'url'>,
    private readonly one: Twin,
    private readonly other: Twin,
    private readonly wish: FuzzWish,
  ) {
    this.wire = new Wire(app.url);
  }

  async run(routes: readonly RouteHandler[] = routeHandlers): Promise<Fuzzed> {
    const before = await this.other.rows.read();
    const secrets = this.secrets();
    try {
      await atOnce(routes, ROUTES_AT_ONCE, (route) => this.against(route, secrets));
    } finally {
      this.wire.close();
    }
    const after = await this.other.rows.read();
    for (const table of new Set([...Object.keys(before), ...Object.keys(after)]))
      if (before[table] !== after[table]) this.faults.push(`${table} of another client changed`);
    return { operations: routes.length, sent: this.sent, statuses: this.statuses, faults: this.faults };
  }

  private async against(route: RouteHandler, secrets: Secrets): Promise<void> {
    const place = ENDS.test(route.name) ? new OwnPlace(this.app, this.one.client, this.one.place.wish) : this.one.place;
    const callers = await this.callersOf(route);
    const shots = shotsOf(route, Object.keys(callers), this.wish);
    const own = await callsOf(route, place);
    const theirs = route.scopes.includes('operator') ? own : await callsOf(route, this.theirs(), place);
    // What is wanted of another client comes now and then.
    const bases = [...own, ...own, ...own, ...own, ...theirs];
    await atOnce(shots, SHOTS_AT_ONCE, (shot) => this.shoot(route, shot, bases, { callers, secrets }));
  }

  private async shoot(
    route: RouteHandler,
    { base, change, caller }: Shot,
    bases: readonly Call[],
    { callers, secrets }: { callers: Callers; secrets: Secrets },
  ): Promise<void> {
    const plain = change(bases[base % bases.length]!);
    const request: WireRequest = { ...plain, headers: [...(callers[caller] ?? []), ...plain.headers] };
    this.sent++;
    try {
      const answer = await this.wire.ask(request);
      this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
      // The operator sees all clients.
      const told = caller === 'operator' ? { ...secrets, tracesIn: () => [] } : secrets;
      for (const fault of faultsOf(request, answer, told)) this.faults.push(described(route, caller, plain, fault));
    } catch (error) {
      this.faults.push(described(route, caller, plain, (error as Error).message));
    }
  }

  /** Users are made by their mention: one of theirs would be made here, too, and then it is ours that shows. */
  private theirs(): Place {
    const { place } = this.other;
    return { id: (kind) => (kind === 'user' || kind === 'device' ? this.one.place.id(kind) : place.id(kind)) };
  }

  /** A hash for each would cost more than all the rest. */
  private userKey(isSpent: boolean): Promise<string> {
    const make = () => aScopedKey(this.one.client, { userId: USERS.owner });
    return isSpent ? make() : (this.keptKey ??= make());
  }

  private async callersOf(route: RouteHandler): Promise<Callers> {
    const bearer = (key: string) => ['Authorization', `Bearer ${key}`] as const;
    const { client } = this.one;
    // Where it is not the client's last one, a master key can be given back, too.
    const isSpent = ENDS_KEY.test(route.name);
    const master = isSpent ? await aScopedKey(client, { type: 'master', scopes: undefined }) : client.masterKey;
    return {
      nobody: [],
      'a user': [bearer(await this.userKey(isSpent))],
      'the master key': [bearer(master)],
      'the master key as a user': [bearer(master), ['X-User-Id', USERS.owner]],
      ...(route.scopes.includes('operator') && { operator: [['X-API-Key', ADMIN_KEY] as const] }),
    };
  }

  private secrets(): Secrets {
    return { tracesIn: this.other.tracesIn, known: [this.other.client.masterKey, ADMIN_KEY, 'a-secret-key-for-tests'] };
  }
}

/** One after the other, some at a time. */
export async function atOnce<T>(items: readonly T[], most: number, run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items].reverse();
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await run(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClientId, Notices, type Tx } from '../../platform/database/index.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { patternsOf } from './event-types.rules.js';

/** What every process hears when a client's endpoints changed. */
const ENDPOINTS_CHANGED = 'endpoints.changed';
const CACHE = { max: 20_000, ttl: 60_000 };
const NOTHING: ReadonlySet<string> = new Set();

type Patterns = ReadonlySet<string>;

/** What clients' endpoints want to hear of, from memory: every change in the house asks. */
@Injectable()
export class EndpointSubscriptions implements OnModuleInit {
  private readonly log = new Logger(EndpointSubscriptions.name);
  private readonly known = new LRUCache<ClientId, Patterns | Promise<void>>(CACHE);
  private readonly patterns = new Map<string, readonly string[]>();

  constructor(
    private readonly endpoints: EndpointsRepository,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(ENDPOINTS_CHANGED, ({ clientId = '' }) => this.known.delete(clientId));
    this.notices.onGap(() => this.known.clear());
  }

  /**
   * Whether an endpoint of the client may want such events. Never waits: whoever asks holds a transaction, and would wait
   * for a connection while all of them are held by others who wait. What is not known yet is taken for wanted: the
   * statement that stores it looks again.
   */
  mayWant(clientId: ClientId, type: string): boolean {
    const known = this.known.get(clientId);
    if (known === undefined) this.read(clientId);
    if (known === undefined || known instanceof Promise) return true;
    return known.size > 0 && this.patternsOf(type).some((pattern) => known.has(pattern));
  }

  /** To be called by whoever changes endpoints, in the transaction that does. */
  async changed(tx: Tx, clientId: ClientId): Promise<void> {
    tx.afterCommit(() => this.known.delete(clientId)); // here at once, elsewhere by the notice
    await this.notices.announce(ENDPOINTS_CHANGED, { clientId }, tx);
  }

  private read(clientId: ClientId): void {
    const keep = (found: Patterns | undefined) => {
      if (this.known.get(clientId) !== reading) return; // it changed meanwhile
      if (found) this.known.set(clientId, found);
      else this.known.delete(clientId);
    };
    const reading: Promise<void> = this.endpoints
      .types(clientId)
      .then((types) => (types.length === 0 ? NOTHING : new Set(types)))
      .then(keep, (error: unknown) => {
        this.log.debug(`Endpoints were not read: ${String(error)}`);
        keep(undefined);
      });
    this.known.set(clientId, reading);
  }

  private patternsOf(type: string): readonly string[] {
    const known = this.patterns.get(type) ?? patternsOf(type);
    this.patterns.set(type, known);
    return known;
  }
}

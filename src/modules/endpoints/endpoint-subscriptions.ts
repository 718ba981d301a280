import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type ClientId, Notices, type Tx } from '../../platform/database/index.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { patternsOf } from './event-types.rules.js';

/** What every process hears when a client's endpoints changed. */
const ENDPOINTS_CHANGED = 'endpoints.changed';
const AGAIN_MS = 1_000;

type Patterns = ReadonlySet<string>;

/**
 * What clients' endpoints want to hear of, in memory: every change in the house asks, and whoever asks holds a transaction, so
 * that waiting for another connection could end in all of them waiting. So all of it is read at the start, and anew when it
 * changes; what is being read counts as wanted, as the statement that stores an event looks again. A client without
 * endpoints is not in it, and pays nothing.
 */
@Injectable()
export class EndpointSubscriptions implements OnModuleInit {
  private readonly log = new Logger(EndpointSubscriptions.name);
  private known: Map<ClientId, Patterns> | null = null;
  /** Clients that are being read, each with the newest of its readings. */
  private readonly reading = new Map<ClientId, symbol>();
  private changes = 0;
  private readonly patterns = new Map<string, readonly string[]>();

  constructor(
    private readonly endpoints: EndpointsRepository,
    private readonly notices: Notices,
  ) {}

  async onModuleInit(): Promise<void> {
    this.notices.on(ENDPOINTS_CHANGED, ({ clientId = '' }) => void this.read(clientId));
    this.notices.onGap(() => void this.readAll());
    await this.readAll();
  }

  mayWant(clientId: ClientId, type: string): boolean {
    if (this.known === null || this.reading.has(clientId)) return true;
    const wanted = this.known.get(clientId);
    return wanted !== undefined && this.patternsOf(type).some((pattern) => wanted.has(pattern));
  }

  /** To be called by whoever changes endpoints, in the transaction that does. */
  async changed(tx: Tx, clientId: ClientId): Promise<void> {
    await this.notices.announce(ENDPOINTS_CHANGED, { clientId }, tx);
  }

  private async readAll(): Promise<void> {
    this.known = null;
    let all;
    let before;
    do {
      before = this.changes;
      all = await this.untilRead(() => this.endpoints.typesOfAll());
    } while (before !== this.changes);
    this.known = new Map(all.map(({ clientId, eventTypes }) => [clientId, new Set(eventTypes)]));
  }

  private async read(clientId: ClientId): Promise<void> {
    this.changes++;
    const turn = Symbol(clientId);
    this.reading.set(clientId, turn);
    const types = await this.untilRead(() => this.endpoints.types(clientId));
    if (this.reading.get(clientId) !== turn) return; // it changed meanwhile
    this.reading.delete(clientId);
    if (types.length > 0) this.known?.set(clientId, new Set(types));
    else this.known?.delete(clientId);
  }

  private async untilRead<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await read();
      } catch (error) {
        this.log.debug(`Endpoints were not read: ${String(error)}`);
        await delay(AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  private patternsOf(type: string): readonly string[] {
    const known = this.patterns.get(type) ?? patternsOf(type);
    this.patterns.set(type, known);
    return known;
  }
}

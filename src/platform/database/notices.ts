import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import pg from 'pg';
import { ENV, type ResolvedEnv, VERSION } from '../../config/index.js';
import { Database, type Queryable, type Tx } from './database.js';
import { statement } from './statement.js';

const CHANNEL = 'chatapi_notices';
const RECONNECT_MS = 250;
const ANNOUNCE = statement('notices.announce', `SELECT pg_notify('${CHANNEL}', $1)`);

type Handler = (payload: Readonly<Record<string, string>>) => void;

/**
 * Tells every process of the installation that cached things changed: keys revoked, clients suspended.
 * On PostgreSQL's LISTEN/NOTIFY, so that a notice is sent exactly when its transaction commits and needs no Redis.
 * After a lost connection notices may have been missed; `onGap` says so, and caches start anew.
 */
@Injectable()
export class Notices implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(Notices.name);
  private readonly handlers = new Map<string, Handler[]>();
  private readonly gapHandlers: (() => void)[] = [];
  private connection?: pg.Client;
  private closed = false;

  constructor(
    private readonly database: Database,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  on(topic: string, handler: Handler): void {
    this.handlers.set(topic, [...(this.handlers.get(topic) ?? []), handler]);
  }

  onGap(handler: () => void): void {
    this.gapHandlers.push(handler);
  }

  /** Heard here as soon as the transaction has committed, so that who changed something meets no older view of it; elsewhere soon after. */
  async announce(
    topic: string,
    payload: Readonly<Record<string, string>>,
    within: Tx | Queryable = this.database,
  ): Promise<void> {
    if ('afterCommit' in within) within.afterCommit(() => this.tell(topic, payload));
    await within.query(ANNOUNCE, [JSON.stringify({ topic, ...payload })]);
  }

  async onModuleInit(): Promise<void> {
    const lost = await this.listen();
    void this.keepListening(lost);
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    await this.connection?.end().catch(() => undefined);
  }

  /** Resolves once it listens; the inner promise settles when the connection is lost. */
  private async listen(): Promise<{ lost: Promise<unknown> }> {
    const connection = new pg.Client({
      connectionString: this.env.DATABASE_URL,
      application_name: `chatapi-notices ${this.env.ROLE} ${VERSION}`,
      keepAlive: true,
    });
    const lost = new Promise((resolve) => connection.once('end', resolve));
    connection.on('error', () => undefined); // 'end' follows
    connection.on('notification', ({ payload }) => this.deliver(payload ?? '{}'));
    try {
      await connection.connect();
      await connection.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      void connection.end().catch(() => undefined); // each turn opens another
      throw error;
    }
    this.connection = connection;
    return { lost };
  }

  private async keepListening({ lost }: { lost: Promise<unknown> }): Promise<void> {
    let current = lost;
    for (;;) {
      await current;
      if (this.closed) return;
      await delay(RECONNECT_MS, undefined, { ref: false });
      try {
        current = (await this.listen()).lost;
        this.gapHandlers.forEach((handler) => handler());
      } catch {
        current = Promise.resolve(); // still away: the next turn tries again
      }
    }
  }

  private deliver(raw: string): void {
    try {
      const { topic, ...payload } = JSON.parse(raw) as Record<string, string>;
      this.tell(topic ?? '', payload);
    } catch (error) {
      this.log.warn(`A notice was dropped: ${String(error)}`);
    }
  }

  private tell(topic: string, payload: Readonly<Record<string, string>>): void {
    for (const handler of this.handlers.get(topic) ?? []) {
      try {
        handler(payload);
      } catch (error) {
        this.log.warn(`A notice of ${topic} was not taken: ${String(error)}`);
      }
    }
  }
}

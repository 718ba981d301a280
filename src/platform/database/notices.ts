import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import pg from 'pg';
import { ENV, type ResolvedEnv, VERSION } from '../../config/index.js';
import { Database, type Queryable, type Tx } from './database.js';
import { statement } from './statement.js';

const CHANNEL = 'chatapi_notices';
const RECONNECT_MS = 250;
const CONNECT_MS = 2_000;
/** One that only listens does not notice that the server is gone without a word: it asks now and then, and wants an answer. */
const ASK_EVERY_MS = 10_000;
const ANSWER_MS = 5_000;
const CLOSE_MS = 1_000;
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
  /** Of this process: what it told itself when it committed it does not take again. */
  private readonly self = randomUUID();
  private connection?: pg.Client;
  private closed = false;
  /** Tests ask more often. */
  askEveryMs = ASK_EVERY_MS;

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
    const isTold = 'afterCommit' in within;
    if (isTold) within.afterCommit(() => this.tell(topic, payload));
    await within.query(ANNOUNCE, [JSON.stringify({ topic, ...(isTold && { from: this.self }), ...payload })]);
  }

  async onModuleInit(): Promise<void> {
    const lost = await this.listen();
    void this.keepListening(lost);
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    const ended = this.connection?.end().catch(() => undefined);
    await Promise.race([ended, delay(CLOSE_MS, undefined, { ref: false })]);
  }

  /** Resolves once it listens; the inner promise settles when the connection is lost. */
  private async listen(): Promise<{ lost: Promise<unknown> }> {
    const connection = new pg.Client({
      connectionString: this.env.DATABASE_URL,
      application_name: `chatapi-notices ${this.env.ROLE} ${VERSION}`,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
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
    // What does not answer is ended here; 'end' follows.
    const giveUp = (): void => void connection.end().catch(() => undefined);
    const asking = setInterval(() => void connection.query('SELECT 1').catch(giveUp), this.askEveryMs).unref();
    void lost.then(() => clearInterval(asking));
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
        if (this.closed) return void this.connection?.end().catch(() => undefined); // it was stopped meanwhile
        this.gapHandlers.forEach((handler) => handler());
      } catch {
        current = Promise.resolve(); // still away: the next turn tries again
      }
    }
  }

  private deliver(raw: string): void {
    try {
      const { topic, from, ...payload } = JSON.parse(raw) as Record<string, string>;
      if (from !== this.self) this.tell(topic ?? '', payload);
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

import { isNativeError } from 'node:util/types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Pool, PoolClient, QueryResult, QueryResultRow } from 'pg';
import { Unavailable } from '../errors/index.js';
import { isUuid, type ClientId } from './ids.js';
import type { Statement } from './statement.js';

/** Something that runs statements: the pool, a transaction, or a client's own view. */
export interface Queryable {
  query<R extends object>(statement: Statement, values?: readonly unknown[]): Promise<R[]>;
}

/**
 * An open transaction, handed on as an explicit argument. Statements go to PostgreSQL as they are asked for, so those that do not
 * need each other's rows are best asked for together: they share a round trip.
 */
export interface Tx extends Queryable {
  readonly manager: EntityManager;
  /** Runs a statement whose rows nobody waits for; if it fails, so does the transaction. */
  send(statement: Statement, values?: readonly unknown[]): void;
  /** Runs once the transaction has committed, in order; never when it rolled back. Must not throw. */
  afterCommit(run: () => void): void;
}

/** The role requests read with: it owns nothing and row-level security binds it to one client. */
export const REQUEST_ROLE = 'chatapi_request';

@Injectable()
export class Database implements Queryable {
  private readonly pool: Pool;

  constructor(private readonly source: DataSource) {
    this.pool = (source.driver as unknown as { master: Pool }).master;
  }

  get manager(): EntityManager {
    return this.source.manager;
  }

  /** Of this process, and what waits for one. */
  get connections(): { readonly busy: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  async query<R extends object>({ name, text }: Statement, values: readonly unknown[] = []): Promise<R[]> {
    try {
      return await rowsOf<R>(this.pool.query({ name, text, values: values as unknown[] }));
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** Runs `work` in one transaction; what it registered with `afterCommit` runs after the commit. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const followUps: (() => void)[] = [];
    const result = await this.onConnection(async (connection) => {
      const begun = connection.query('BEGIN');
      begun.catch(IGNORE); // told at the commit
      const sent = [begun];
      const settled = await work(txOn(this.source, connection, { sent, followUps }));
      const [{ command }] = await Promise.all([connection.query('COMMIT'), ...sent]);
      if (command !== 'COMMIT') throw new Error('A statement failed, so the transaction was rolled back.');
      return settled;
    });
    followUps.forEach((run) => run());
    return result;
  }

  /**
   * A client's own view: read only, and row-level security hides every other client's rows
   * even from a query that forgot its `client_id`. One round trip more than {@link query}, for a single statement.
   */
  async asClient<T>(clientId: ClientId, read: (view: Queryable) => Promise<T>): Promise<T> {
    if (!isUuid(clientId)) throw new Error('A client id is a UUID.');
    return this.onConnection(async (connection) => {
      const begun = connection.query(
        `BEGIN READ ONLY; SET LOCAL ROLE ${REQUEST_ROLE}; SET LOCAL app.client_id = '${clientId}'`,
      );
      const [result] = await Promise.all([read({ query: (asked, values) => run(connection, asked, values) }), begun]);
      await connection.query('COMMIT');
      return result;
    });
  }

  /** Lends a connection; what was open on it when `work` fails is rolled back. */
  private async onConnection<T>(work: (connection: PoolClient) => Promise<T>): Promise<T> {
    const connection = await this.pool.connect().catch((error: unknown) => {
      throw asUnavailable(error);
    });
    // A connection that breaks says so to its statements, too; unheard, this event would end the process.
    connection.on('error', IGNORE);
    let broken: Error | boolean = false;
    try {
      return await work(connection);
    } catch (error) {
      await connection.query('ROLLBACK').catch((fatal: unknown) => (broken = fatal instanceof Error ? fatal : true));
      throw asUnavailable(error);
    } finally {
      connection.off('error', IGNORE);
      connection.release(broken);
    }
  }
}

const IGNORE = (): void => undefined;

function txOn(
  source: DataSource,
  connection: PoolClient,
  { sent, followUps }: { sent: Promise<QueryResult>[]; followUps: (() => void)[] },
): Tx {
  let manager: EntityManager | undefined;
  return {
    get manager() {
      return (manager ??= managerOn(source, connection));
    },
    query: (asked, values) => run(connection, asked, values),
    send: ({ name, text }, values = []) => {
      const sending = connection.query({ name, text, values: values as unknown[] });
      sending.catch(IGNORE); // told at the commit
      sent.push(sending);
    },
    afterCommit: (act) => void followUps.push(act),
  };
}

/** TypeORM's view of a transaction that was opened without it. */
function managerOn(source: DataSource, connection: PoolClient): EntityManager {
  const runner = source.createQueryRunner();
  const joined = { databaseConnection: connection, isTransactionActive: true, transactionDepth: 1 };
  return Object.assign(runner, joined).manager;
}

const run = <R extends object>(
  connection: PoolClient,
  { name, text }: Statement,
  values: readonly unknown[] = [],
): Promise<R[]> => rowsOf(connection.query({ name, text, values: values as unknown[] }));

async function rowsOf<R extends object>(result: Promise<QueryResult<QueryResultRow>>): Promise<R[]> {
  return (await result).rows as R[];
}

/** The codes of https://www.postgresql.org/docs/current/errcodes-appendix.html that mean "not now" rather than "not so". */
const OUTAGE_SQLSTATE = /^(08|53|57P0|40001|40P01|55P03|25006|57014)/;
const OUTAGE_SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const OUTAGE_TEXT =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Cannot use a pool after/;

/** An error that says PostgreSQL is out of reach becomes `unavailable`; every other stays what it is. */
export function asUnavailable(error: unknown): unknown {
  // Not instanceof: an error of Node's own may come from another realm, as under Jest.
  if (!isNativeError(error)) return error;
  const cause = 'driverError' in error && isNativeError(error.driverError) ? error.driverError : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (!OUTAGE_SQLSTATE.test(code) && !OUTAGE_SOCKET.has(code) && !OUTAGE_TEXT.test(cause.message)) return error;
  return Object.assign(new Unavailable(), { cause: error });
}

/** Whether an error is a violation of the named unique constraint or index. */
export function violates(error: unknown, constraint: string): boolean {
  const cause = error instanceof Error && 'driverError' in error ? error.driverError : error;
  return (
    cause instanceof Error &&
    'code' in cause &&
    cause.code === '23505' &&
    'constraint' in cause &&
    cause.constraint === constraint
  );
}

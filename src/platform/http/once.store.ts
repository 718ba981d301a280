import { Injectable } from '@nestjs/common';
import { Database, statement, type Tx } from '../database/index.js';
import { DomainError, IdempotencyMismatch } from '../errors/index.js';
import { SecretBox, type SealedSecret } from '../security/index.js';
import { Answer } from './answer.js';
import type { OnceKey } from './once-key.js';

interface StoredAnswer {
  readonly requestHash: Buffer;
  readonly status: number;
  readonly body: string;
  readonly sealed: boolean;
}

/** Held until the transaction ends: a twin that comes meanwhile is told to wait instead of waiting. */
const LOCK = statement('once.lock', `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked`);
const FIND = statement(
  'once.find',
  `SELECT request_hash AS "requestHash", status, body, sealed FROM idempotency_keys
    WHERE client_id = $1 AND scope = $2 AND key = $3 AND created_at > now() - interval '24 hours'`,
);
const SAVE = statement(
  'once.save',
  `INSERT INTO idempotency_keys (client_id, scope, key, request_hash, status, body, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)
   ON CONFLICT (client_id, scope, key) DO UPDATE
     SET request_hash = EXCLUDED.request_hash, status = EXCLUDED.status, body = EXCLUDED.body, sealed = EXCLUDED.sealed, created_at = now()`,
);
const PRUNED_AT_ONCE = 5_000;
const PRUNE = statement(
  'once.prune',
  `WITH gone AS (
     DELETE FROM idempotency_keys WHERE ctid IN (SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT ${PRUNED_AT_ONCE}) RETURNING 1)
   SELECT count(*)::integer AS count FROM gone`,
);

const inProgress = () =>
  new DomainError('conflict', 'idempotency_in_progress', 'The first call with this Idempotency-Key is still running.', {
    retryAfterSeconds: 1,
  });

/** Makes a POST happen once per `Idempotency-Key`: the key's row commits with the work, or neither does. */
@Injectable()
export class OnceStore {
  constructor(
    private readonly database: Database,
    private readonly secrets: SecretBox,
  ) {}

  /**
   * Runs `work` in a transaction. With a key that was used before, gives the stored answer instead.
   * @param sealed for answers that hold a secret: stored encrypted
   * @throws DomainError `idempotency_in_progress`, `idempotency_mismatch`
   */
  async run<T>(
    once: OnceKey | undefined,
    work: (tx: Tx) => Promise<Answer<T>>,
    { sealed = false } = {},
  ): Promise<Answer<T>> {
    if (!once) return this.database.transaction(work);
    return this.database.transaction(async (tx) => {
      const stored = await this.claim(tx, once);
      if (stored) return this.replay<T>(once, stored);
      const answer = await work(tx);
      await this.save(tx, once, answer, sealed);
      return answer;
    });
  }

  /** Removes keys past their 24 hours, batch by batch, so that no lock is held for long. */
  async prune(): Promise<void> {
    for (let left = PRUNED_AT_ONCE; left === PRUNED_AT_ONCE;) {
      const [gone] = await this.database.query<{ count: number }>(PRUNE);
      left = gone?.count ?? 0;
    }
  }

  private async claim(tx: Tx, { clientId, scope, key, requestHash }: OnceKey): Promise<StoredAnswer | undefined> {
    const [lock] = await tx.query<{ locked: boolean }>(LOCK, [`${clientId}|${scope}|${key}`]);
    if (!lock?.locked) throw inProgress();
    const [stored] = await tx.query<StoredAnswer>(FIND, [clientId, scope, key]);
    if (stored && !stored.requestHash.equals(requestHash)) throw new IdempotencyMismatch('Idempotency-Key');
    return stored;
  }

  private replay<T>(once: OnceKey, { status, body, sealed }: StoredAnswer): Answer<T> {
    const text = sealed ? this.secrets.open(JSON.parse(body) as SealedSecret, boundTo(once)) : body;
    return new Answer(status, JSON.parse(text) as T, true);
  }

  private async save(tx: Tx, once: OnceKey, { status, body }: Answer<unknown>, sealed: boolean): Promise<void> {
    const text = JSON.stringify(body ?? null);
    const stored = sealed ? JSON.stringify(this.secrets.seal(text, boundTo(once))) : text;
    await tx.query(SAVE, [once.clientId, once.scope, once.key, once.requestHash, status, stored, sealed]);
  }
}

/** A sealed answer opens in its own row only. */
export const boundTo = ({ clientId, scope, key }: Pick<OnceKey, 'clientId' | 'scope' | 'key'>): string =>
  `idempotency|${clientId}|${scope}|${key}`;

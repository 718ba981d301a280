import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../database/index.js';
import { SecretBox, type SealedSecret } from '../security/index.js';
import { boundTo } from './once.store.js';

const READ_AT_ONCE = 1_000;
/** A body travels only when it may name the user; what is sealed cannot be searched here. */
const PAGE = statement(
  'once.page',
  `SELECT k.scope, k.key, k.sealed,
          CASE WHEN k.sealed OR EXISTS (SELECT 1 FROM unnest($4::text[]) AS named WHERE position(lower(named) IN lower(k.body)) > 0) THEN k.body END AS body
     FROM idempotency_keys k WHERE k.client_id = $1 AND ($2::varchar IS NULL OR (k.scope, k.key) > ($2, $3::varchar))
    ORDER BY k.scope, k.key LIMIT ${READ_AT_ONCE}`,
);
const REWRITE = statement(
  'once.rewrite',
  `UPDATE idempotency_keys SET body = $4 WHERE client_id = $1 AND scope = $2 AND key = $3`,
);
const REMOVE = statement(
  'once.remove',
  `DELETE FROM idempotency_keys WHERE client_id = $1 AND scope = $2 AND key = $3`,
);

interface StoredAnswer {
  readonly scope: string;
  readonly key: string;
  readonly sealed: boolean;
  readonly body: string | null;
}

export interface Forgotten {
  /** What names the user, the id first; compared without regard to case. */
  readonly names: readonly string[];
  readonly pseudonym: string;
}

/** Takes users out of the answers that are kept for retries. */
@Injectable()
export class OnceForgetting {
  constructor(
    private readonly database: Database,
    private readonly secrets: SecretBox,
  ) {}

  /**
   * Answers to calls of the user or about the user alone go. Others only have the name replaced: a retry of them must
   * still not happen twice. @returns how many answers it changed
   */
  async forget(clientId: ClientId, userId: UserId, forgotten: Forgotten): Promise<number> {
    const needles = forgotten.names.map((name) => JSON.stringify(name));
    let changed = 0;
    for (let last: StoredAnswer | undefined; ;) {
      const place = [last?.scope ?? null, last?.key ?? null];
      const page: StoredAnswer[] = await this.database.query<StoredAnswer>(PAGE, [clientId, ...place, needles]);
      for (const answer of page) if (await this.forgetIn(clientId, userId, answer, forgotten)) changed++;
      last = page.at(-1);
      if (!last || page.length < READ_AT_ONCE) return changed;
    }
  }

  private async forgetIn(
    clientId: ClientId,
    userId: UserId,
    answer: StoredAnswer,
    { names, pseudonym }: Forgotten,
  ): Promise<boolean> {
    const { scope, key, sealed, body } = answer;
    const isOwn = isCallOf(scope, userId);
    if (!isOwn && body === null) return false;
    const bond = boundTo({ clientId, scope, key });
    const text =
      isOwn || body === null ? null : sealed ? this.secrets.open(JSON.parse(body) as SealedSecret, bond) : body;
    const rewritten = text === null ? null : JSON.stringify(renamed(JSON.parse(text), names, pseudonym));
    if (rewritten === text && text !== null) return false;
    const stored = rewritten !== null && sealed ? JSON.stringify(this.secrets.seal(rewritten, bond)) : rewritten;
    if (stored === null) await this.database.query(REMOVE, [clientId, scope, key]);
    else await this.database.query(REWRITE, [clientId, scope, key, stored]);
    return true;
  }
}

/** Whether a scope, `METHOD path actor`, is of a call by the user or to an address below the user's. */
export function isCallOf(scope: string, userId: UserId): boolean {
  const [, path = '', ...actor] = scope.split(' ');
  if (actor.join(' ') === userId) return true;
  const segments = path.split('/').map(decoded);
  return segments.some((segment, at) => segments[at - 1] === 'users' && segment === userId);
}

/** A value in which every text that is one of the names is the pseudonym. */
export function renamed(value: unknown, names: readonly string[], pseudonym: string): unknown {
  if (typeof value === 'string') {
    const isName = names.some((name) => name.toLowerCase() === value.toLowerCase());
    return isName ? pseudonym : value;
  }
  if (Array.isArray(value)) return value.map((one) => renamed(one, names, pseudonym));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, renamed(one, names, pseudonym)]));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

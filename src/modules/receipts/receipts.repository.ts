import { Injectable } from '@nestjs/common';
import type { ReceiptKind } from '../../extension/index.js';
import { type ClientId, Database, statement, type Tx } from '../../platform/database/index.js';

export const NONCE = 'nonce';

/** A provider may be removed while it tells: what it tells is nobody's then. */
const ADD = statement(
  'receipts.add',
  `INSERT INTO receipts (client_id, provider_id, token, kind, at, reference, recipient, detail, look_at)
   SELECT r.client_id, r.provider_id, r.token, r.kind, r.at, r.reference, r.recipient, r.detail,
          CASE WHEN r.reference IS NOT NULL THEN now() + make_interval(secs => $2) END
     FROM json_to_recordset($1) AS r (client_id uuid, provider_id uuid, token varchar, kind varchar, at timestamptz, reference varchar, recipient varchar, detail varchar)
     JOIN providers p ON p.client_id = r.client_id AND p.id = r.provider_id
    ORDER BY r.client_id, r.provider_id, r.token
   ON CONFLICT DO NOTHING
   RETURNING client_id AS "clientId", provider_id AS "providerId", token`,
);
const PARKED = statement(
  'receipts.parked',
  `SELECT r.client_id AS "clientId", r.provider_id AS "providerId", r.token, r.kind, r.at, r.reference, r.recipient, r.detail
     FROM receipts r WHERE r.look_at <= now() ORDER BY r.look_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
);
/** The longer it has waited, the longer until the next look; in the end nobody looks any more. */
const LOOKED = statement(
  'receipts.looked',
  `UPDATE receipts r
      SET look_at = CASE WHEN l.found OR r.received_at < now() - make_interval(secs => $2) THEN NULL
                    ELSE least(now() + greatest(now() - r.received_at, make_interval(secs => $3)), r.received_at + make_interval(secs => $2 + 1)) END,
          reference = CASE WHEN l.found THEN NULL ELSE r.reference END,
          recipient = CASE WHEN l.found OR r.received_at < now() - make_interval(secs => $2) THEN NULL ELSE r.recipient END,
          detail = CASE WHEN l.found OR r.received_at < now() - make_interval(secs => $2) THEN NULL ELSE r.detail END
     FROM json_to_recordset($1) AS l (client_id uuid, provider_id uuid, token varchar, found boolean)
    WHERE r.client_id = l.client_id AND r.provider_id = l.provider_id AND r.token = l.token`,
);
const PRUNE = statement(
  'receipts.prune',
  `DELETE FROM receipts WHERE (client_id, provider_id, token) IN (
     SELECT client_id, provider_id, token FROM receipts WHERE received_at < now() - make_interval(days => $1) ORDER BY received_at LIMIT $2)
   RETURNING token`,
);
const OF_ADDRESSES = `r.client_id = $1 AND lower(r.recipient) = ANY ($2::varchar[])`;
const FORGET = statement(
  'receipts.forget',
  `UPDATE receipts r SET recipient = NULL, detail = NULL, reference = NULL, look_at = NULL
    WHERE (r.client_id, r.provider_id, r.token) IN (
      SELECT r.client_id, r.provider_id, r.token FROM receipts r WHERE ${OF_ADDRESSES} LIMIT $3 FOR UPDATE)
   RETURNING token`,
);

/** One piece of news, or a nonce. */
export interface ReceiptId {
  readonly clientId: ClientId;
  readonly providerId: string;
  readonly token: string;
}

export interface NewReceipt extends ReceiptId {
  readonly kind: ReceiptKind | typeof NONCE;
  readonly at: Date;
  /** Null for what is known already: nothing has to be looked for later. */
  readonly reference: string | null;
  readonly recipient: string | null;
  readonly detail: string | null;
}

export type ParkedReceipt = Omit<NewReceipt, 'kind' | 'reference'> & {
  readonly kind: ReceiptKind;
  readonly reference: string;
};

/** Each piece of news that providers told, so that it counts once; of all clients. */
@Injectable()
export class ReceiptsRepository {
  constructor(private readonly database: Database) {}

  /** @returns those that were not told before */
  async add(tx: Tx, receipts: readonly NewReceipt[], lookAgainSeconds: number): Promise<Set<string>> {
    if (receipts.length === 0) return new Set();
    const rows = receipts.map(({ clientId, providerId, ...rest }) => ({
      ...{ client_id: clientId, provider_id: providerId },
      ...rest,
    }));
    return new Set((await tx.query<ReceiptId>(ADD, [JSON.stringify(rows), lookAgainSeconds])).map(nameOf));
  }

  /** News whose message was not known when it came, and is to be looked for now. */
  parked(tx: Tx, limit: number): Promise<ParkedReceipt[]> {
    return tx.query(PARKED, [limit]);
  }

  looked(
    tx: Tx,
    looked: readonly (ReceiptId & { readonly found: boolean })[],
    { giveUpSeconds, againSeconds }: { readonly giveUpSeconds: number; readonly againSeconds: number },
  ): void {
    const rows = looked.map(({ clientId, providerId, token, found }) => ({
      ...{ client_id: clientId, provider_id: providerId, token, found },
    }));
    tx.send(LOOKED, [JSON.stringify(rows), giveUpSeconds, againSeconds]);
  }

  /** @returns how many were removed */
  async prune(afterDays: number, limit: number): Promise<number> {
    return (await this.database.query(PRUNE, [afterDays, limit])).length;
  }

  /** What is parked for addresses, in lower case. @returns how many it was */
  async forget(clientId: ClientId, addresses: readonly string[], limit: number): Promise<number> {
    return (await this.database.query(FORGET, [clientId, addresses, limit])).length;
  }
}

export const nameOf = ({ clientId, providerId, token }: ReceiptId): string => `${clientId} ${providerId} ${token}`;

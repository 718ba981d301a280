import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Clock,
  Database,
  idBefore,
  newId,
  type Queryable,
  statement,
  type Tx,
} from '../../platform/database/index.js';
import type { AlertType, Gist } from './alert.rules.js';
import type { AlertGroup, Digest } from './digest.rules.js';

/** What comes together is told together. */
export const FIRST_AFTER_SECONDS = 10;
/** No client gets more mail than one in so long. */
export const QUIET_SECONDS = 900;
/** What one mail tells of at most; the rest is in the next. */
const TOLD_AT_ONCE = 50_000;
const GROUPS_MAX = 100;
const SUBJECTS_MAX = 5;
const PRUNED_AT_ONCE = 5_000;

/** Of clients that want them. Failures of the mails themselves are no alerts. */
const KEEP = statement(
  'alerts.keep',
  `INSERT INTO alerts (client_id, id, type, subject_id, label, reason, at)
   SELECT a.client_id, a.id, a.type, a.subject_id, a.label, a.reason, a.at
     FROM json_to_recordset($1) AS a (client_id uuid, id uuid, type varchar, subject_id uuid, label varchar, reason varchar, at timestamptz, notification_id uuid)
    WHERE EXISTS (SELECT 1 FROM clients c WHERE c.id = a.client_id AND c.settings ? 'alertEmail')
      AND NOT EXISTS (SELECT 1 FROM alert_digests d WHERE d.client_id = a.client_id AND d.notification_id = a.notification_id)`,
);
/** From client to client along the index, however much is untold of each. */
const DUE = statement(
  'alerts.due',
  `WITH RECURSIVE waiting AS (
     (SELECT a.client_id FROM alerts a WHERE a.told_by IS NULL ORDER BY a.client_id LIMIT 1)
     UNION ALL
     SELECT (SELECT a.client_id FROM alerts a WHERE a.told_by IS NULL AND a.client_id > w.client_id ORDER BY a.client_id LIMIT 1)
       FROM waiting w WHERE w.client_id IS NOT NULL)
   SELECT c.id AS "clientId" FROM waiting w JOIN clients c ON c.id = w.client_id
     CROSS JOIN LATERAL (SELECT a.taken_at FROM alerts a WHERE a.client_id = c.id AND a.told_by IS NULL ORDER BY a.id LIMIT 1) AS first
    WHERE c.status = 'active' AND c.settings ? 'alertEmail' AND first.taken_at <= now() + make_interval(secs => $1 - ${FIRST_AFTER_SECONDS})
      AND NOT EXISTS (SELECT 1 FROM alert_digests d WHERE d.client_id = c.id AND d.sent_at > now() + make_interval(secs => $1 - ${QUIET_SECONDS}))`,
);
/** One at a time for a client: whoever comes meanwhile leaves it to them. */
const LOCK = statement(
  'alerts.lock',
  `SELECT c.settings->>'alertEmail' AS email FROM clients c
    WHERE c.id = $1 AND c.status = 'active' AND c.settings ? 'alertEmail' FOR NO KEY UPDATE SKIP LOCKED`,
);
const BEGIN = statement(
  'alert_digests.begin',
  `INSERT INTO alert_digests (client_id, notification_id, sent_at) SELECT $1, $2, now() + make_interval(secs => $3)
    WHERE NOT EXISTS (SELECT 1 FROM alert_digests d WHERE d.client_id = $1 AND d.sent_at > now() + make_interval(secs => $3 - ${QUIET_SECONDS}))
      AND EXISTS (SELECT 1 FROM alerts a WHERE a.client_id = $1 AND a.told_by IS NULL)
   RETURNING notification_id`,
);
const TELL = statement(
  'alerts.tell',
  `UPDATE alerts a SET told_by = $2
    WHERE a.client_id = $1 AND a.id IN (SELECT u.id FROM alerts u WHERE u.client_id = $1 AND u.told_by IS NULL ORDER BY u.id LIMIT ${TOLD_AT_ONCE})`,
);
const GROUPS = statement(
  'alerts.groups',
  `SELECT c.name AS "clientName", g.* FROM clients c
     JOIN LATERAL (
       SELECT a.type, a.label, a.reason, count(*)::integer AS count, min(a.at) AS "firstAt", max(a.at) AS "lastAt",
              (array_agg(a.subject_id ORDER BY a.id) FILTER (WHERE a.subject_id IS NOT NULL))[1:${SUBJECTS_MAX}] AS "subjectIds",
              (sum(count(*)) OVER ())::integer AS total, (count(*) OVER ())::integer AS "groupCount"
         FROM alerts a WHERE a.client_id = c.id AND a.told_by = $2
        GROUP BY a.type, a.label, a.reason ORDER BY count(*) DESC, a.type LIMIT ${GROUPS_MAX}) AS g ON true
    WHERE c.id = $1`,
);
const PRUNE = statement(
  'alerts.prune',
  `DELETE FROM alerts WHERE (client_id, id) IN (SELECT client_id, id FROM alerts WHERE id < $1 ORDER BY id LIMIT ${PRUNED_AT_ONCE}) RETURNING id`,
);
const PRUNE_DIGESTS = statement(
  'alert_digests.prune',
  `DELETE FROM alert_digests WHERE (client_id, notification_id) IN (
     SELECT client_id, notification_id FROM alert_digests WHERE notification_id < $1 ORDER BY notification_id LIMIT ${PRUNED_AT_ONCE}) RETURNING notification_id`,
);

export interface NewAlert extends Gist {
  readonly clientId: ClientId;
  readonly type: AlertType;
  readonly at: Date;
}

type GroupRow = Omit<AlertGroup, 'subjectIds'> & { readonly subjectIds: readonly string[] | null };

/** What clients are to be told of, and were told. */
@Injectable()
export class AlertsRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  keep(tx: Tx, alerts: readonly NewAlert[]): void {
    const rows = alerts.map(({ clientId, type, at, subjectId, label, reason, notificationId }) => ({
      ...{ client_id: clientId, id: newId(), type, at, subject_id: subjectId, label, reason },
      notification_id: notificationId,
    }));
    tx.send(KEEP, [JSON.stringify(rows)]);
  }

  /** Clients of which something is untold, and that may be written to now. */
  async due(): Promise<ClientId[]> {
    const rows = await this.database.query<{ clientId: ClientId }>(DUE, [this.clock.aheadSeconds]);
    return rows.map(({ clientId }) => clientId);
  }

  /** Holds a client's digests until the transaction ends. @returns where they go; null when another holds them */
  async lock(tx: Tx, clientId: ClientId): Promise<string | null> {
    return (await tx.query<{ email: string }>(LOCK, [clientId]))[0]?.email ?? null;
  }

  /** Has a digest tell of all that is untold. @returns whether there is one: it may be too soon, or nothing is untold any more */
  async begin(tx: Tx, clientId: ClientId, notificationId: string): Promise<boolean> {
    const begun = await tx.query(BEGIN, [clientId, notificationId, this.clock.aheadSeconds]);
    if (begun.length > 0) tx.send(TELL, [clientId, notificationId]);
    return begun.length > 0;
  }

  /** What a digest tells of; null when it is kept no longer. */
  async digest(clientId: ClientId, notificationId: string): Promise<Digest | null> {
    const rows = await this.database.query<GroupRow & Omit<Digest, 'groups'>>(GROUPS, [clientId, notificationId]);
    const [first] = rows;
    if (!first) return null;
    const { clientName, total, groupCount } = first;
    return { clientName, total, groupCount, groups: rows.map((row) => ({ ...row, subjectIds: row.subjectIds ?? [] })) };
  }

  /** Removes what is older, a batch of each a call. @returns whether there may be more */
  async prune(days: number, within: Queryable = this.database): Promise<boolean> {
    const removed = [await within.query(PRUNE, [idBefore(days)]), await within.query(PRUNE_DIGESTS, [idBefore(days)])];
    return removed.some(({ length }) => length === PRUNED_AT_ONCE);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is counted of a row: triggers note the difference that each statement makes, in its own transaction, whoever made it
 * (docs/adr/0020). `analytics_facts` says the same of all rows there are, for the recount of `npm run verify`.
 */
interface Source {
  /** Of the table, what its facts are made of. */
  readonly columns: string;
  /** The facts of rows `c` that have these columns, `n` (how many came to be) and `gone` (how many were removed). */
  readonly facts: (rows: string) => string;
  readonly isUpdated: boolean;
}

const minute = (time: string): string => `date_bin('1 minute', ${time}, '2000-01-01Z')`;
/** The bin of a DDSketch with a relative accuracy of 2 %; of what took under a millisecond, the first. */
const bin = (ms: string): string =>
  `CASE WHEN ${ms} IS NOT NULL THEN ceil(ln(greatest((${ms})::float8, 1)) / ln((1.02 / 0.98)::float8))::smallint END`;
const msOf = (interval: string): string => `extract(epoch FROM ${interval}) * 1000`;
/** Distinct users are counted, and none of them is kept; tags, which may say anything, are named in a table of their own. */
const hash = (id: string): string => `hashtextextended(${id}, hashtextextended(c.client_id::text, 0))`;
const NOBODY = `NULL::bigint AS room, NULL::bigint AS sender`;

const SOURCES: Readonly<Record<string, Source>> = {
  deliveries: {
    columns: 'client_id, notification_id, created_at, channel, provider_id, status, sent_at',
    isUpdated: true,
    // One way through, whatever the planner believes of tables that have just grown.
    facts: (rows) => `
      SELECT c.client_id, f.kind, ${minute('c.created_at')} AS at, f.key, ${bin(msOf('(c.sent_at - greatest(c.created_at, n.send_at))'))} AS bin, ${NOBODY}, c.n, c.gone
        FROM (${rows}) AS c
       CROSS JOIN LATERAL (SELECT * FROM notifications n WHERE n.client_id = c.client_id AND n.id = c.notification_id AND NOT n.test LIMIT 1) AS n
       CROSS JOIN LATERAL (
         SELECT 'delivery'::varchar AS kind, ARRAY[c.channel, coalesce(c.provider_id::text, ''), c.status, n.category]::varchar[] AS key
         UNION ALL SELECT DISTINCT 'tag', ARRAY[${hash('tag')}::text, c.status]::varchar[] FROM unnest(n.tags) AS tag) AS f`,
  },
  notifications: {
    columns: 'client_id, created_at, category, test',
    isUpdated: false,
    facts: (rows) => `
      SELECT c.client_id, 'notification'::varchar, ${minute('c.created_at')}, ARRAY[c.category]::varchar[], NULL::smallint, ${NOBODY}, c.n, c.gone
        FROM (${rows}) AS c WHERE NOT c.test`,
  },
  messages: {
    columns: 'client_id, created_at, type, room_id, sender_id',
    isUpdated: false,
    facts: (rows) => `
      SELECT c.client_id, 'message'::varchar, ${minute('c.created_at')}, ARRAY[c.type]::varchar[], NULL::smallint,
             CASE WHEN c.type = 'user' THEN ${hash('c.room_id::text')} END, CASE WHEN c.type = 'user' THEN ${hash('c.sender_id')} END, c.n, c.gone
        FROM (${rows}) AS c`,
  },
  delivery_events: {
    columns: 'client_id, at, type, channel, provider_id, status, reason, duration_ms',
    isUpdated: false,
    facts: (rows) => `
      SELECT c.client_id, 'provider_call'::varchar, ${minute('c.at')}, ARRAY[c.provider_id::text, c.channel, c.status, coalesce(c.reason, '')]::varchar[],
             ${bin('c.duration_ms')}, ${NOBODY}, c.n, c.gone
        FROM (${rows}) AS c WHERE c.type = 'attempt' AND c.provider_id IS NOT NULL`,
  },
  webhook_attempts: {
    columns: 'client_id, at, endpoint_id, status, error, duration_ms',
    isUpdated: false,
    facts: (rows) => `
      SELECT c.client_id, 'webhook_call'::varchar, ${minute('c.at')}, ARRAY[c.endpoint_id::text, c.status, coalesce(c.error, '')]::varchar[],
             ${bin(`CASE WHEN c.status <> 'unknown' THEN c.duration_ms END`)}, ${NOBODY}, c.n, c.gone
        FROM (${rows}) AS c`,
  },
  inbound_events: {
    columns: 'client_id, received_at, source_id, status',
    isUpdated: true,
    facts: (rows) => `
      SELECT c.client_id, 'inbound_event'::varchar, ${minute('c.received_at')}, ARRAY[c.source_id::text, c.status]::varchar[], NULL::smallint, ${NOBODY}, c.n, c.gone
        FROM (${rows}) AS c`,
  },
};

const TABLES = `
-- What was noted and is not in the counts yet. No index and no check: sending pays for each row.
CREATE TABLE analytics_changes (
  client_id uuid NOT NULL,
  kind varchar(16) NOT NULL,
  at timestamptz NOT NULL,
  key varchar(200)[] NOT NULL,
  bin smallint,
  room bigint,
  sender bigint,
  n bigint NOT NULL,
  gone bigint NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

-- How fine, in minutes, and from when on each is kept.
CREATE TABLE analytics_grains (minutes smallint PRIMARY KEY, kept_from timestamptz NOT NULL);
INSERT INTO analytics_grains VALUES (1, '2000-01-01Z'), (15, '2000-01-01Z'), (60, '2000-01-01Z');

-- What was committed before is in the counts.
CREATE TABLE analytics_reach (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), as_of timestamptz NOT NULL);
INSERT INTO analytics_reach (as_of) VALUES ('2000-01-01Z');

-- How many there ever were of a key in a minute, quarter or hour; how many of these rows are gone; how long they took.
CREATE TABLE analytics_counts (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  kind varchar(16) NOT NULL,
  grain smallint NOT NULL,
  at timestamptz NOT NULL,
  key varchar(200)[] NOT NULL,
  n bigint NOT NULL,
  gone bigint NOT NULL,
  bins smallint[] NOT NULL,
  tallies bigint[] NOT NULL,
  PRIMARY KEY (client_id, kind, grain, at, key)
) WITH (fillfactor = 80);
CREATE INDEX analytics_counts_age_idx ON analytics_counts (grain, at);

-- What tags are called; a name that was in what somebody was sent goes with it.
CREATE TABLE analytics_tags (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  hash bigint NOT NULL,
  tag varchar(64) NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, hash)
);
CREATE INDEX analytics_tags_age_idx ON analytics_tags (noted_at);

-- How many messages of a room, or of a user, there were in a quarter of an hour: by a hash of the id.
CREATE TABLE analytics_actives (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  kind varchar(4) NOT NULL,
  at timestamptz NOT NULL,
  member bigint NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (client_id, kind, at, member)
) WITH (fillfactor = 80);
CREATE INDEX analytics_actives_age_idx ON analytics_actives (at);
`;

const FACT = 'client_id, kind, at, key, bin, room, sender';
const note = (facts: string): string => `
  INSERT INTO analytics_changes (${FACT}, n, gone)
  SELECT ${FACT}, sum(n), sum(gone) FROM (${facts}) AS facts (${FACT}, n, gone) GROUP BY ${FACT};`;

const noting = (name: string, facts: string, { more = '', end = 'NULL' } = {}): string => `
CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN ${note(facts)} ${more}
  RETURN ${end};
END $$;`;

/** In one order, so that two who name the same do not wait for each other. */
const NAME_TAGS = (rows: string): string => `
  INSERT INTO analytics_tags (client_id, hash, tag)
  SELECT DISTINCT c.client_id, ${hash('tag')}, tag FROM ${rows} AS c CROSS JOIN LATERAL unnest(c.tags) AS tag WHERE NOT c.test ORDER BY 1, 2
  ON CONFLICT DO NOTHING;`;

function triggersOf(table: string, { columns, facts, isUpdated }: Source): string {
  const added = `SELECT ${columns}, count(*) AS n, 0 AS gone FROM added GROUP BY ${columns}`;
  const removed = `SELECT ${columns}, 0 AS n, count(*) AS gone FROM removed GROUP BY ${columns}`;
  const moved = `SELECT ${columns}, sum(n) AS n, 0 AS gone FROM (
    SELECT ${columns}, 1 AS n FROM added UNION ALL SELECT ${columns}, -1 FROM removed) AS u GROUP BY ${columns} HAVING sum(n) <> 0`;
  const name = `analytics_${table}`;
  return `
${noting(`${name}_added`, facts(added), { more: table === 'notifications' ? NAME_TAGS('added') : '' })}
CREATE TRIGGER ${name}_added AFTER INSERT ON ${table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ${name}_added();
${noting(`${name}_removed`, facts(removed))}
CREATE TRIGGER ${name}_removed AFTER DELETE ON ${table} REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ${name}_removed();
${
  isUpdated
    ? `${noting(`${name}_moved`, facts(moved))}
CREATE TRIGGER ${name}_moved AFTER UPDATE ON ${table} REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ${name}_moved();`
    : ''
}`;
}

const of = (row: string, columns: string): string => columns.replaceAll(/\w+/g, (column) => `${row}.${column}`);
const { deliveries, messages } = SOURCES as Record<'deliveries' | 'messages', Source>;
/**
 * A notification's deliveries go after it, when nobody can say any more of which category they were. And where somebody is
 * erased, a message has another sender, and what only they were sent loses its tags: these stay counted, but their names go,
 * unless one of the notifications around has them too.
 */
const SPECIAL_TRIGGERS = `
${noting(
  'analytics_notifications_removing',
  deliveries.facts(
    `SELECT ${deliveries.columns}, 0 AS n, count(*) AS gone FROM (
       SELECT * FROM deliveries d WHERE d.client_id = OLD.client_id AND d.notification_id = OLD.id ORDER BY d.id FOR UPDATE) AS d GROUP BY ${deliveries.columns}`,
  ),
  { end: 'OLD' },
)}
CREATE TRIGGER analytics_notifications_removing BEFORE DELETE ON notifications FOR EACH ROW EXECUTE FUNCTION analytics_notifications_removing();
${noting(
  'analytics_messages_renamed',
  messages
    .facts(`SELECT ${of('NEW', messages.columns)}, 1 UNION ALL SELECT ${of('OLD', messages.columns)}, -1`)
    .replace(/\) AS c$/, `) AS c (${messages.columns}, n)`)
    .replace('c.n, c.gone', 'c.n, 0'),
)}
${noting(
  'analytics_notifications_untagged',
  `SELECT c.client_id, 'tag'::varchar, ${minute('c.created_at')}, ARRAY[${hash('tag')}::text, c.status]::varchar[],
          ${bin(msOf('(c.sent_at - greatest(c.created_at, NEW.send_at))'))}, ${NOBODY}, 0, 1
     FROM (SELECT * FROM deliveries d WHERE d.client_id = OLD.client_id AND d.notification_id = OLD.id ORDER BY d.id FOR UPDATE) AS c
    CROSS JOIN (SELECT DISTINCT tag FROM unnest(OLD.tags) AS tag WHERE tag <> ALL (NEW.tags)) AS t (tag)`,
  {
    more: `
  DELETE FROM analytics_tags t WHERE t.client_id = OLD.client_id AND t.hash IN (SELECT ${hash('tag').replaceAll('c.', 'OLD.')} FROM unnest(OLD.tags) AS tag)
     AND NOT EXISTS (
       SELECT 1 FROM (
         (SELECT n.tags FROM notifications n WHERE n.client_id = OLD.client_id AND n.id < OLD.id ORDER BY n.id DESC LIMIT 500) UNION ALL
         (SELECT n.tags FROM notifications n WHERE n.client_id = OLD.client_id AND n.id >= OLD.id ORDER BY n.id LIMIT 500)) AS around
        WHERE t.tag = ANY (around.tags));`,
  },
)}
CREATE TRIGGER analytics_notifications_untagged AFTER UPDATE OF tags ON notifications FOR EACH ROW
  WHEN (OLD.tags IS DISTINCT FROM NEW.tags AND NOT OLD.test) EXECUTE FUNCTION analytics_notifications_untagged();
CREATE TRIGGER analytics_messages_renamed AFTER UPDATE OF sender_id ON messages FOR EACH ROW
  WHEN (OLD.sender_id IS DISTINCT FROM NEW.sender_id) EXECUTE FUNCTION analytics_messages_renamed();
`;

const VIEW = `
CREATE VIEW analytics_facts (${FACT}) AS ${Object.entries(SOURCES)
  .map(([table, { columns, facts }]) => facts(`SELECT ${columns}, 1 AS n, 0 AS gone FROM ${table}`))
  .map((facts) => facts.replace(', c.n, c.gone', ''))
  .join('\nUNION ALL')};`;

/** Rows that are there already: nothing is written while they are counted. */
const BACKFILL = `
INSERT INTO analytics_changes (${FACT}, n, gone) SELECT ${FACT}, count(*), 0 FROM analytics_facts GROUP BY ${FACT};
${NAME_TAGS('notifications')}`;

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

export class Analytics1764290000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`LOCK TABLE ${Object.keys(SOURCES).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
    await runner.query(TABLES);
    for (const table of ['analytics_counts', 'analytics_actives', 'analytics_tags']) await runner.query(guard(table));
    for (const [table, source] of Object.entries(SOURCES)) await runner.query(triggersOf(table, source));
    await runner.query(SPECIAL_TRIGGERS);
    await runner.query(VIEW);
    await runner.query(BACKFILL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW analytics_facts');
    const ends = ['added', 'removed', 'moved', 'removing', 'renamed', 'untagged'];
    for (const table of Object.keys(SOURCES))
      for (const end of ends) await runner.query(`DROP FUNCTION IF EXISTS analytics_${table}_${end} CASCADE`);
    await runner.query(
      'DROP TABLE analytics_actives, analytics_tags, analytics_counts, analytics_reach, analytics_grains, analytics_changes',
    );
  }
}

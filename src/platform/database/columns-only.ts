import type { DataSource } from 'typeorm';

/** Columns that only statements read and write; no entity has a use for them. */
const OF_STATEMENTS_ALONE = [
  'messages.search', // generated from the content, for full-text search
  'room_members.last_sent_at',
  'room_members.muted_at',
  'rooms.warned_at',
  'users.erased_as',
];

const SQL_ALONE = [
  /^DROP INDEX /,
  /^CREATE (UNIQUE )?INDEX /,
  /^ALTER TABLE "\w+" DROP CONSTRAINT "\w+_fkey"/,
  /^ALTER TABLE "\w+" ADD CONSTRAINT "\w+_fkey" FOREIGN KEY /,
  ...OF_STATEMENTS_ALONE.map((column) => {
    const [table = '', name = ''] = column.split('.');
    return new RegExp(`^ALTER TABLE "${table}" (DROP COLUMN|ADD) "${name}"`);
  }),
];

/**
 * Entities are columns. Indexes, which are partial or sorted here, and foreign keys, which cross modules, are written in
 * migrations alone, and TypeORM would drop what it does not know: so what it compares is columns only.
 */
export function columnsOnly(source: DataSource): DataSource {
  const { driver } = source;
  const createSchemaBuilder = driver.createSchemaBuilder.bind(driver);
  driver.createSchemaBuilder = () => {
    const builder = createSchemaBuilder();
    const log = builder.log.bind(builder);
    builder.log = async () => {
      const differences = await log();
      for (const list of [differences.upQueries, differences.downQueries]) {
        const kept = list.filter(({ query }) => !SQL_ALONE.some((form) => form.test(query)));
        list.splice(0, list.length, ...kept);
      }
      return differences;
    };
    return builder;
  };
  return source;
}

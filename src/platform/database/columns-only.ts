import type { DataSource, Table } from 'typeorm';

/** Columns that only statements read and write; no entity has a use for them. */
const OF_STATEMENTS_ALONE = new Set([
  'deliveries.awaited_ref',
  'messages.search', // the words of the content, for full-text search
  'notifications.ended_as',
  'notifications.hops',
  'notifications.origin',
  'room_members.last_sent_at',
  'rooms.escalate_at',
  'rooms.look_at',
  'rooms.warned_at',
  'users.erased_as',
]);

/**
 * Entities are columns. Indexes, which are partial or sorted here, and foreign keys, which cross modules, are written in
 * migrations alone, and TypeORM would drop or rename what it does not know: so it is shown columns only.
 */
export function columnsOnly(source: DataSource): DataSource {
  const createQueryRunner = source.createQueryRunner.bind(source);
  source.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    const getTables = runner.getTables.bind(runner);
    runner.getTables = async (paths) => {
      const tables = await getTables(paths);
      tables.forEach(hideWhatIsSqlAlone);
      return tables;
    };
    return runner;
  };
  return source;
}

function hideWhatIsSqlAlone(table: Table): void {
  const name = table.name.split('.').at(-1) ?? '';
  table.indices = [];
  table.foreignKeys = [];
  table.columns = table.columns.filter((column) => !OF_STATEMENTS_ALONE.has(`${name}.${column.name}`));
}

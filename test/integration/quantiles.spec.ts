import { DDSketch } from '@datadog/sketches-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { FiguresRepository } from '../../src/modules/analytics/figures.repository.js';
import { type Cell, groupedBy } from '../../src/modules/analytics/series.rules.js';
import { RollupsRepository } from '../../src/modules/analytics/rollups.repository.js';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { Clock, Database, newId } from '../../src/platform/database/index.js';
import { aDatabase } from '../support/servers.js';

const HOURS = 5;
const HOUR_MS = 3_600_000;
const START = Date.parse('2026-11-25T00:00:00Z');
const BOUNDS = Array.from({ length: HOURS + 1 }, (_none, n) => START + n * HOUR_MS);

/** A note of a time, as triggers make it. */
interface Note {
  readonly hour: number;
  readonly key: readonly [channel: string, provider: string, status: string, category: string];
  readonly bin: number;
  readonly n: number;
}

let source: DataSource;
let figures: FiguresRepository;
const clientId = newId();
const { mapping } = new DDSketch({ relativeAccuracy: 0.02 });

/** Some hours and groups have one time or none; some times are taken back. */
const NOTES = Array.from({ length: 600 }, (_none, n): Note => {
  const ms = 1 + ((n * 7_919) % 20_011) ** 1.3;
  const key = ['email', 'sms', 'push'][(n * 5) % 7 > 2 ? 0 : n % 3] ?? '';
  return {
    hour: n === 0 ? 3 : n % 3,
    key: [key, `provider ${n % 4}`, n % 5 ? 'sent' : 'bounced', n % 2 ? 'marketing' : 'transactional'],
    bin: mapping.key(ms),
    n: 1 + (n % 9),
  };
});
const TAKEN_BACK = NOTES.filter((_note, n) => n % 11 === 3).map((note) => ({ ...note, n: -note.n }));
const LEFT = NOTES.filter((_note, n) => n % 11 !== 3);

beforeAll(async () => {
  source = new DataSource(dataSourceOptions(await aDatabase(), 2));
  await source.initialize();
  await source.query(`INSERT INTO clients (id, slug, name) VALUES ($1, 'measured', 'Measured')`, [clientId]);
  const database = new Database(source);
  const clock = new Clock();
  figures = new FiguresRepository(database, clock);
  const rollups = new RollupsRepository(database, clock);
  for (const notes of [NOTES, TAKEN_BACK]) {
    await source.query(
      `INSERT INTO analytics_changes (client_id, kind, at, key, bin, n, gone)
       SELECT $1, 'delivery', to_timestamp($2 + n.hour * 3600 + 60), ARRAY(SELECT json_array_elements_text(n.key)), n.bin, n.n, 0
         FROM json_to_recordset($3) AS n (hour integer, key json, bin smallint, n bigint)`,
      [clientId, START / 1_000, JSON.stringify(notes)],
    );
    while (await rollups.roll(250));
  }
}, 60_000);
afterAll(() => source.destroy());

/** What the library says of the same times. */
function expected(notes: readonly Note[]): Cell['times'] {
  if (notes.length === 0) return null;
  const sketch = new DDSketch({ relativeAccuracy: 0.02 });
  for (const { bin, n } of notes) sketch.accept(mapping.value(bin), n);
  const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((q) => Math.round(sketch.getValueAtQuantile(q)));
  return { p50, p95, p99 };
}

describe('quantiles that the database finds are those of the sketch', () => {
  it.each([[[]], [[0]], [[1]], [[0, 2]], [[0, 1, 2, 3]]])('by the parts %j of the key', async (by) => {
    const rows = await figures.read(clientId, { bounds: BOUNDS, grain: 60 }, (view) =>
      view.rows({ kind: 'delivery', parts: by, timesBy: by }),
    );
    const { total, series } = groupedBy(by, rows, HOURS);

    const of = (notes: readonly Note[]) => ({
      total: expected(notes),
      buckets: Array.from({ length: HOURS }, (_none, hour) => expected(notes.filter((note) => note.hour === hour))),
    });
    const found = ({ total: all, buckets }: typeof total) => ({
      total: all.times,
      buckets: buckets.map(({ times }) => times),
    });
    expect(found(total)).toEqual(of(LEFT));
    expect(series.length).toBeGreaterThan(by.length === 0 ? -1 : 2);
    for (const line of series)
      expect(found(line)).toEqual(of(LEFT.filter(({ key }) => by.every((part, n) => key[part] === line.group[n]))));
  });
});

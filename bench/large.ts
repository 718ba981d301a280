import { once } from 'node:events';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { newId } from '../src/platform/database/ids.js';
import { wordsVector } from '../src/modules/messages/search.rules.js';

/** Each room has so many messages, whatever the size of the whole: what a page shows is the same. */
const MESSAGES_PER_ROOM = 100;
/** Rooms of {@link READER}, in a small set and a large one alike. */
const READER_ROOMS = 50;
export const READER = 'ann';
const WORDS = 20_000;
const CHUNK_ROWS = 500;
const BUILD_MEMORY = '1GB';

/** In about one message of a hundred, and what one has typed of it. */
export const WORD = wordAt(40);
export const TYPED = WORD.slice(0, -1);

export interface LargeSet {
  /** A room in the middle of them, of {@link READER}. */
  readonly roomId: string;
}

/**
 * Fills a database with conversations, by COPY. What an index, a check or a log of each single row costs is saved: the
 * indexes are built when the rows are there.
 */
export async function grow(databaseUrl: string, clientId: string, messages: number): Promise<LargeSet> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    // Foreign keys and triggers rest; all that is written here holds by itself.
    await database.query(`SET session_replication_role = replica; SET maintenance_work_mem = '${BUILD_MEMORY}'`);
    const rooms = Array.from({ length: Math.ceil(messages / MESSAGES_PER_ROOM) }, () => newId());
    await copy(database, ROOMS, roomLines(clientId, rooms));
    await copy(database, MEMBERS, memberLines(clientId, rooms));
    const indexes = await database.query<{ name: string; text: string }>(SECONDARY_INDEXES);
    for (const { name } of indexes.rows) await database.query(`DROP INDEX ${name}`);
    await copy(database, MESSAGES, messageLines(clientId, rooms));
    for (const { text } of indexes.rows) await database.query(text);
    for (const table of ['rooms', 'room_members', 'messages']) await database.query(`VACUUM (ANALYZE) ${table}`);
    return { roomId: rooms[readerStep(rooms.length)]! };
  } finally {
    await database.end();
  }
}

const ROOMS = `COPY rooms (client_id, id, type, name, last_seq, head, member_count, created_by) FROM STDIN`;
const MEMBERS = `COPY room_members (client_id, room_id, user_id, role) FROM STDIN`;
const MESSAGES = `COPY messages (client_id, id, room_id, seq, "offset", sender_id, content, search, created_at) FROM STDIN`;
const SECONDARY_INDEXES = `
  SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS text
    FROM pg_index i WHERE i.indrelid = 'messages'::regclass AND NOT i.indisprimary`;

async function copy(database: pg.Client, text: string, lines: Iterable<string>): Promise<void> {
  const stream = database.query(copyFrom(text));
  const ended = once(stream, 'finish');
  let chunk: string[] = [];
  for (const line of lines) {
    if (chunk.push(line) < CHUNK_ROWS) continue;
    if (!stream.write(chunk.join(''))) await once(stream, 'drain');
    chunk = [];
  }
  stream.end(chunk.join(''));
  await ended;
}

const line = (...values: (string | number)[]): string => `${values.join('\t')}\n`;
/** Every so many rooms one is the reader's. */
const readerStep = (rooms: number): number => Math.max(1, Math.floor(rooms / READER_ROOMS));

function* roomLines(clientId: string, rooms: readonly string[]): Iterable<string> {
  for (const [n, id] of rooms.entries())
    yield line(clientId, id, 'group', `Room ${n}`, MESSAGES_PER_ROOM, MESSAGES_PER_ROOM + 1, 2, 'ben');
}

function* memberLines(clientId: string, rooms: readonly string[]): Iterable<string> {
  const step = readerStep(rooms.length);
  for (const [n, id] of rooms.entries()) {
    yield line(clientId, id, 'ben', 'owner');
    yield line(clientId, id, n % step === 0 ? READER : `user-${n % 1_000}`, 'member');
  }
}

function* messageLines(clientId: string, rooms: readonly string[]): Iterable<string> {
  const start = Date.now() - rooms.length * MESSAGES_PER_ROOM;
  let n = 0;
  for (let seq = 1; seq <= MESSAGES_PER_ROOM; seq++)
    for (const [at, roomId] of rooms.entries()) {
      const content = sentence(n);
      const sender = seq % 2 === 0 ? 'ben' : `user-${at % 1_000}`;
      const search = wordsVector(content, { clientId, id: roomId });
      const createdAt = new Date(start + n++).toISOString();
      yield line(clientId, newId(), roomId, seq, seq + 1, sender, content, search, createdAt);
    }
}

/** Words as they are in texts: the n-th as rare as 1/n. */
function sentence(seed: number): string {
  const words: string[] = [];
  for (let n = 0; n < 4 + (seed % 9); n++) words.push(wordAt(Math.floor(WORDS ** random(seed * 16 + n)) - 1));
  return words.join(' ');
}

/** The same for the same seed, so that two runs search the same texts. https://doi.org/10.1145/2660193.2660195 (SplitMix) */
function random(seed: number): number {
  let x = (seed + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** A made-up word: syllables for the digits of its number. */
function wordAt(n: number): string {
  const syllables = ['ba', 'ce', 'di', 'fo', 'gu', 'la', 'me', 'ni', 'po', 'ru'];
  return [...String(n + 100)].map((digit) => syllables[Number(digit)]).join('');
}

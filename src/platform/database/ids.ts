import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]?: Name };

/** The tenant. First and mandatory in every repository method. */
export type ClientId = Branded<'ClientId'>;
/** The client's own id for a user: 1 to 128 characters, unique within the client only. */
export type UserId = Branded<'UserId'>;

/** Asked of the system for many ids at once: alone it takes half of the time of an id. */
const randomness = new Uint8Array(16 * 256);
let used = randomness.length;

function random(): Uint8Array {
  if (used === randomness.length) {
    randomFillSync(randomness);
    used = 0;
  }
  return randomness.subarray(used, (used += 16));
}

/** The last id's time and count: ids of one process are in the order of their making. */
let msecs = 0;
let seq = 0;

/** UUIDv7: sortable by time of making, so that indexes grow at one end. */
export function newId(): string {
  const bytes = random();
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    seq = ((bytes[6]! & 0x7f) << 24) | (bytes[7]! << 16) | (bytes[8]! << 8) | bytes[9]!;
  } else seq++;
  return v7({ msecs, seq, random: bytes });
}
/** Below every id that was made in the last so many days, by the clock of their makers. */
export const idBefore = (days: number): string =>
  v7({ msecs: Date.now() - days * 86_400_000, seq: 0, random: new Uint8Array(16) });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

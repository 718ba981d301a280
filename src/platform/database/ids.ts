import { v7 } from 'uuid';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]?: Name };

/** The tenant. First and mandatory in every repository method. */
export type ClientId = Branded<'ClientId'>;
/** The client's own id for a user: 1 to 128 characters, unique within the client only. */
export type UserId = Branded<'UserId'>;

/** UUIDv7: sortable by time of making, so that indexes grow at one end. */
export const newId = (): string => v7();
/** Below every id that was made in the last so many days, by the clock of their makers. */
export const idBefore = (days: number): string =>
  v7({ msecs: Date.now() - days * 86_400_000, seq: 0, random: new Uint8Array(16) });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

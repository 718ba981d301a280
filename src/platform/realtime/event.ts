import type { Type } from '@nestjs/common';
import type { Scope } from '../security/index.js';

interface Described {
  /** For readers of the document, in a few words. */
  readonly summary: string;
  readonly data: Type<object>;
}

/**
 * An event as sockets hear it:
 * - `durable`: takes its room's next `offset`, is kept, and comes back with `sync`;
 * - `room`: of a room, and of the moment;
 * - `socket`: of the user or the socket itself.
 */
export type EventDeclaration =
  | (Described & { readonly kind: 'durable' })
  | (Described & {
      readonly kind: 'room' | 'socket';
      /** What a key needs to hear it, as to read the same over REST; null when it is about the socket itself. */
      readonly scope: Scope | null;
    });

/** Durable events are heard all or none, as `sync` and the feed give them: an offset left out would be a gap. */
const FEED_SCOPE: Scope = 'messages:read';

export const scopeOf = (event: EventDeclaration): Scope | null => (event.kind === 'durable' ? FEED_SCOPE : event.scope);

export type EventTable<Name extends string = string> = Readonly<Record<Name, EventDeclaration>>;

/**
 * The tables of what is pushed to sockets, each beside its module's events. A module adds its own to this interface, so
 * that an event that is in no table cannot be pushed, and gives it to its `@ChatGateway`, from where the document has it.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the modules fill it
export interface EventTables {}

type NamesIn<Table, Kind extends EventDeclaration['kind']> = {
  [Name in keyof Table]: Table[Name] extends { readonly kind: Kind } ? Name : never;
}[keyof Table];

/** Every event of the house, of these kinds. */
type EventNames<Kind extends EventDeclaration['kind']> = {
  [Module in keyof EventTables]: NamesIn<EventTables[Module], Kind>;
}[keyof EventTables] &
  string;

export type EventName = EventNames<EventDeclaration['kind']>;
/** Every durable event is a room's: it takes the room's next offset, whichever module announces it. */
export type DurableEventName = EventNames<'durable'>;

import type { Type } from '@nestjs/common';

/** An event as sockets hear it. */
export interface EventDeclaration {
  /** For readers of the document, in a few words. */
  readonly summary: string;
  readonly data: Type<object>;
  /**
   * - `durable`: takes its room's next `offset`, is kept, and comes back with `sync`;
   * - `room`: of a room, and of the moment;
   * - `socket`: of the user or the socket itself.
   */
  readonly kind: 'durable' | 'room' | 'socket';
}

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

import type { Type } from '@nestjs/common';
import type { ClientId } from '../database/index.js';

/** What a type of event is, for whoever reads the catalogue. */
export interface OutboundDeclaration {
  readonly summary: string;
  /** The shape of its `data`: a view, as REST shows it. */
  readonly data: Type<object>;
}

export type OutboundTable<Name extends string = string> = Readonly<Record<Name, OutboundDeclaration>>;

/**
 * The tables of what other systems may be told, each beside its module's events. A module adds its own to this interface,
 * so that an event that is in no table cannot be told, and declares it to the {@link OutboundCatalogue}.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the modules fill it
export interface OutboundTables {}

export type OutboundEventName = {
  [Module in keyof OutboundTables]: keyof OutboundTables[Module];
}[keyof OutboundTables];

/** Something that happened to a client's things. */
export interface OutboundEvent {
  readonly clientId: ClientId;
  readonly type: OutboundEventName;
  readonly at: Date;
  /** Of a room's event: its place in the order of that room. */
  readonly room?: { readonly id: string; readonly offset: number };
  /** How many systems, told one by the other, led to it: see {@link currentHops}. */
  readonly hops: number;
  /** What it tells. Called only when somebody wants it. */
  data(): object;
}

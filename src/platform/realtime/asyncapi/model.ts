import type { Schema, Schemas } from '../../http/index.js';
import type { Payload } from './wire.js';

export interface Ref {
  readonly $ref: string;
}

/** The parts of an AsyncAPI 3 document that we make: https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly defaultContentType: string;
  readonly servers: Readonly<Record<Transport, object>>;
  readonly channels: Readonly<Record<Transport, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: {
    readonly schemas: Schemas;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

export const TRANSPORTS = ['raw', 'socketIo'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Channel {
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly servers: readonly Ref[];
  readonly messages: Readonly<Record<string, Message>>;
  readonly bindings?: object;
  readonly 'x-close-codes': readonly { readonly code: number; readonly reason: string; readonly advice: string }[];
}

export interface Message {
  /** On Socket.IO the event. */
  readonly name: string;
  readonly summary: string;
  readonly payload: Payload;
  readonly correlationId?: { readonly location: string };
  readonly examples?: readonly { readonly payload: unknown }[];
}

/** What a frame is part of; the application of the document is the server, which receives commands and sends events. */
export interface Operation {
  readonly action: 'receive' | 'send';
  readonly channel: Ref;
  readonly summary: string;
  readonly messages: readonly Ref[];
  readonly reply?: { readonly channel: Ref; readonly messages: readonly Ref[] };
  /** Of a command: who may give it; of an event: what a key must be allowed to read for its sockets to hear it. */
  readonly 'x-scopes'?: readonly string[];
  /** Of a command: its name, what it takes, what `ok` holds, and the codes it can be refused with. */
  readonly 'x-command'?: string;
  readonly 'x-input'?: Schema;
  readonly 'x-answer'?: Schema;
  readonly 'x-errors'?: readonly string[];
  /** Of an event: its name, what it carries, and whether it takes its room's next offset and comes back with `sync`. */
  readonly 'x-event'?: string;
  readonly 'x-data'?: Schema;
  readonly 'x-durable'?: boolean;
  /** Whether a slow reader may go without it. */
  readonly 'x-ephemeral'?: boolean;
}

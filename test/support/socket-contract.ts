import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { Judge, type Schema, SETTINGS } from './judge.js';

/** The parts of an AsyncAPI document that tests read. */
export interface SocketOperation {
  readonly action: 'receive' | 'send';
  readonly channel: { readonly $ref: string };
  readonly summary: string;
  readonly messages: readonly { readonly $ref: string }[];
  readonly reply?: {
    readonly channel: { readonly $ref: string };
    readonly messages: readonly { readonly $ref: string }[];
  };
  readonly 'x-command'?: string;
  readonly 'x-scopes'?: readonly string[];
  readonly 'x-input'?: Schema;
  readonly 'x-answer'?: Schema;
  readonly 'x-errors'?: readonly string[];
  readonly 'x-event'?: string;
  readonly 'x-data'?: Schema;
  readonly 'x-durable'?: boolean;
}
export interface SocketMessage {
  readonly name: string;
  readonly summary: string;
  readonly payload: Schema;
  readonly examples: { readonly payload: unknown }[];
}
export interface SocketDocument {
  readonly info: { readonly title: string; readonly version: string };
  readonly channels: Record<DocumentedTransport, { readonly messages: Record<string, SocketMessage> }>;
  readonly operations: Record<string, SocketOperation>;
  readonly components: { readonly schemas: Record<string, Schema> };
}
export type DocumentedTransport = 'raw' | 'socketIo';

/** An item of `sync` and of a room's feed. */
interface FeedItem {
  readonly ev: string;
}

/** An AsyncAPI document as a judge of frames. Those of Socket.IO are lists of an event's arguments. */
export class SocketContract extends Judge<SocketDocument> {
  constructor(document: SocketDocument) {
    super(document, new Ajv(SETTINGS));
  }

  /** What a client sends, that the document does not know so: a command, or what keeps the transport going. */
  faultsOfSent(transport: DocumentedTransport, name: string, payload: unknown): string[] {
    return this.faultsOf(transport, 'receive', name, payload);
  }

  /** What the server pushes, that the document does not know so. */
  faultsOfPush(transport: DocumentedTransport, name: string, payload: unknown): string[] {
    return this.faultsOf(transport, 'send', name, payload);
  }

  /** What the server answers to a command, that the document does not know so. */
  faultsOfAnswer(transport: DocumentedTransport, name: string, payload: unknown): string[] {
    const operation = this.document.operations[`${transport}.${name}`];
    const message = operation?.reply?.messages[0] ?? this.document.operations[`${transport}.refusal`]?.messages[0];
    if (!message) return [`${transport}: there is no answer to ${name}`];
    return this.faultsInMessage(this.resolved<SocketMessage>(message), payload);
  }

  /** What is not as sockets hear it: every item is a durable event. */
  faultsOfFeed(items: readonly FeedItem[]): string[] {
    return items.flatMap((item) =>
      this.document.operations[`raw.${item.ev}`]?.['x-durable']
        ? this.faultsOfPush('raw', item.ev, item)
        : [`there is no durable event ${item.ev}`],
    );
  }

  /** What a command takes, as the document shows it. */
  exampleOf(command: string): object {
    const [example] = this.document.channels.raw.messages[command]?.examples ?? [];
    return (example?.payload as { data: object }).data;
  }

  private faultsOf(transport: DocumentedTransport, action: string, name: string, payload: unknown): string[] {
    const operation = this.document.operations[`${transport}.${name}`];
    if (operation?.action !== action || !operation.messages[0])
      return [`${transport}: there is no ${name} that ${action === 'send' ? 'the server' : 'a client'} sends`];
    return this.faultsInMessage(this.resolved<SocketMessage>(operation.messages[0]), payload);
  }

  private faultsInMessage({ name, payload: schema }: SocketMessage, payload: unknown): string[] {
    return this.faultsIn(payload, schema).map((fault) => `${name}: ${fault}`);
  }
}

let committed: SocketContract | undefined;
/** The document of the repository. */
export const theSocketContract = (): SocketContract =>
  (committed ??= new SocketContract(JSON.parse(readFileSync('docs/asyncapi.json', 'utf8')) as SocketDocument));

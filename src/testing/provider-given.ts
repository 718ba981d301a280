import type { Type } from '@nestjs/common';
import type { BatchItem, CallContext, Outcome, Provider, ReceiptRequest } from '../extension/index.js';
import { type ProviderDescriptor, providerDescriptorOf } from '../extension/provider.js';
import { must } from './check.js';
import { type KitPeer, type Peer, peerAt } from './peers.js';

/** What the kit needs to know of a provider to try it. */
export interface ProviderGiven<Settings extends object, Message extends object> {
  /** Settings, and a message that the vendor takes, which lead to a peer: a base URL, a host and port, or the message's URL. */
  at(peer: Peer): { readonly settings: Settings; readonly message: Message };
  /** Your fake of the vendor, running on the loopback; null for a provider that calls nobody. */
  readonly vendor: (() => { readonly port: number }) | null;
  /** Whether the vendor speaks HTTP; if not, the kit's peers hang, drip and drop without it. True unless told. */
  readonly overHttp?: boolean;
  /** Settings that your fake refuses; over HTTP the kit also answers 401 itself. */
  refused?(peer: Peer): Settings;
  /** The vendor has no place for an id of ours, not even in the address of its events. */
  readonly hasNoId?: boolean;
  /** Messages that go together, each with how it ends at your fake; best if they do not all end alike. */
  batch?(peer: Peer): readonly { readonly message: Message; readonly ends: Outcome['kind'] }[];
  /** Needed when the provider reads receipts. */
  readonly receipts?: {
    /** A call as the vendor makes it now, signed for these settings, that tells of a message. */
    request(settings: Settings): ReceiptRequest;
    /** What the signature covers: all of the body unless told, or only a part of the call. */
    readonly signs?: 'body' | 'part';
  };
  /** How to make one; by its constructor without arguments unless told. */
  make?(): Provider<Settings, Message>;
}

/** A provider under test, with what was given for it. One for each check, so that none leans on another. */
export class Subject<Settings extends object = object, Message extends object = object> {
  readonly descriptor: ProviderDescriptor;
  readonly provider: Provider<Settings, Message>;

  constructor(
    type: Type<Provider<Settings, Message>>,
    readonly given: ProviderGiven<Settings, Message>,
  ) {
    const descriptor = providerDescriptorOf(type);
    must(descriptor !== undefined, `${type.name} has no @DeliveryProvider.`);
    this.descriptor = descriptor;
    this.provider = given.make?.() ?? new type();
  }

  get overHttp(): boolean {
    return this.given.overHttp ?? true;
  }

  /** Where the author's fake listens. */
  get vendor(): Peer {
    must(this.given.vendor !== null, 'There is no vendor.');
    return peerAt(this.given.vendor().port);
  }

  /** Each of its calls that goes out, to a peer. */
  calls(peer: Peer, contextOf: (settings: Settings) => CallContext<Settings> & BatchContext): Call[] {
    const { settings, message } = this.given.at(peer);
    const { provider } = this;
    const context = contextOf(settings);
    const batch = (this.given.batch?.(peer) ?? []).map(({ message: one }, n) => itemOf(one, n));
    return [
      { name: 'send', outcomes: async () => [await provider.send(context, message)] },
      ...(provider.sendBatch && batch.length > 0
        ? [{ name: 'sendBatch', outcomes: async () => (await provider.sendBatch?.(context, batch)) ?? [] }]
        : []),
    ];
  }
}

type BatchContext = { readonly deliveryId: string; readonly attempt: number };

export interface Call {
  readonly name: string;
  outcomes(): Promise<readonly Outcome[]>;
}

export const itemOf = <Message>(message: Message, n: number): BatchItem<Message> => ({
  deliveryId: `0192f0c4-7d1e-7cc1-9a51-00000000000${n % 10}`,
  attempt: 1,
  message,
});

/** Lends a peer to a check, and takes back what that left open. */
export async function withPeer<T>(making: Promise<KitPeer>, work: (peer: KitPeer) => Promise<T>): Promise<T> {
  const peer = await making;
  try {
    return await work(peer);
  } finally {
    await peer.close();
  }
}

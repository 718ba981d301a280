import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import type { ContentFault } from './channel.js';
import type { GuardedFetch } from './http-call.js';
import type { Outcome } from './outcome.js';
import type { Polled, Receipt, ReceiptRequest } from './receipt.js';
import type { CallSigner } from './webhook-signature.js';

/** Fixed strings, so that a second copy of this package in a plugin still matches. */
export const DELIVERY_PROVIDER = 'chatapi:delivery-provider';
export const SECRET_FIELDS = 'chatapi:secret-fields';

export interface ProviderDescriptor {
  /** Unique in the installation; what `POST /providers` names. */
  readonly kind: string;
  /** The channels it can serve, or `all` that are installed; with more than one, its setting `channel` says which. */
  readonly channels: readonly string[] | 'all';
  readonly title: string;
  /** A class with validation. All of it is stored encrypted; its {@link Secret} fields are never shown. */
  readonly settings: Type<object>;
  /** The kinds of address it reaches, where its channel has several (`webpush`, `fcm`); all of them when absent. */
  readonly addresses?: readonly string[];
  /** It says by receipts what became of a message, so that `sent` is not the last word. */
  readonly confirms?: boolean;
  /** A call's total deadline; 15 s unless told, 30 s at most. */
  readonly deadlineSeconds?: number;
  /** Messages that one {@link Provider.sendBatch} takes. */
  readonly batchMax?: number;
  /** It needs no settings and serves its channel for every client that has no provider of its own. */
  readonly isBuiltIn?: boolean;
}

/** What a provider is given with each call. It keeps nothing of it: settings may differ from call to call. */
export interface CallContext<Settings> {
  readonly settings: Settings;
  /** Aborts at the call's total deadline; whatever is open must end then. */
  readonly signal: AbortSignal;
  /**
   * The address to connect to for a host that a client named; it is the one that was checked.
   * @throws when the host is not one that this installation may reach
   */
  readonly addressOf: (host: string) => Promise<string>;
  /** Over HTTP: guarded, and within the deadline. */
  readonly fetch: GuardedFetch;
  /**
   * Signs a call to a system of the client's own, which knows by it that the call is from here. What it throws is no fault of
   * the other side: let it pass, and the message waits.
   */
  readonly sign: CallSigner;
  /** For calls to systems that may call here again: hand it on as {@link HOPS_HEADER}, so that they do not for ever. */
  readonly hops: number;
  /** Where the provider may tell what became of a message; null where the installation does not listen. */
  readonly eventsUrl: string | null;
}

export interface ProviderContext<Settings> extends CallContext<Settings> {
  /** Stable over all tries: hand it on where the other side can tell a repeat by it. */
  readonly deliveryId: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** One of several messages that go out together; they differ in their recipient alone. */
export interface BatchItem<Message> {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly message: Message;
}

/** Sends messages of a channel through one kind of service. */
export interface Provider<Settings, Message> {
  /**
   * Faults of settings that their fields by themselves do not show; pointers are within the settings. They are refused
   * when they are saved.
   */
  faultsOf?(settings: Settings): readonly ContentFault[];
  /** @returns how it ended; throw only for faults of your own */
  send(context: ProviderContext<Settings>, message: Message): Promise<Outcome>;
  /**
   * Sends the same content to many in one call.
   * @returns an outcome for each, in their order; null when they cannot go together and are to be sent one by one
   */
  sendBatch?(context: CallContext<Settings>, items: readonly BatchItem<Message>[]): Promise<readonly Outcome[] | null>;
  /** Tries the credentials without sending anything. @throws Error with what is wrong */
  verify?(context: CallContext<Settings>): Promise<void>;
  /** Reads what the service tells of messages, on raw bytes. @throws InvalidSignature */
  receipts?(settings: Settings, request: ReceiptRequest): Promise<readonly Receipt[]> | readonly Receipt[];
  /** Asks the service for what its calls may have missed. */
  poll?(context: CallContext<Settings>, since: Date): Promise<Polled>;
  /** Ends what it keeps open, such as pooled connections. */
  close?(): Promise<void>;
}

/** Marks a class as a {@link Provider}: listed in a plugin, it is found. */
export const DeliveryProvider = (descriptor: ProviderDescriptor): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(DELIVERY_PROVIDER, descriptor));

export const providerDescriptorOf = (type: Type<object>): ProviderDescriptor | undefined =>
  Reflect.getMetadata(DELIVERY_PROVIDER, type) as ProviderDescriptor | undefined;

/** Marks a settings field as secret; of an object, each of its values. */
export const Secret = (): PropertyDecorator => (target, property) => {
  const known = (Reflect.getMetadata(SECRET_FIELDS, target.constructor) as string[] | undefined) ?? [];
  Reflect.defineMetadata(SECRET_FIELDS, [...known, String(property)], target.constructor);
};

export const secretFieldsOf = (settings: Type<object>): readonly string[] =>
  (Reflect.getMetadata(SECRET_FIELDS, settings) as string[] | undefined) ?? [];

import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import type { Outcome } from './outcome.js';

/** Fixed strings, so that a second copy of this package in a plugin still matches. */
export const DELIVERY_PROVIDER = 'chatapi:delivery-provider';
export const SECRET_FIELDS = 'chatapi:secret-fields';

export interface ProviderDescriptor {
  /** Unique in the installation; what `POST /providers` names. */
  readonly kind: string;
  /** The channels it can serve; with more than one, its settings say which. */
  readonly channels: readonly string[];
  readonly title: string;
  /** A class with validation; its {@link Secret} fields are stored encrypted and never shown. */
  readonly settings: Type<object>;
}

/** What a provider is given with each message. It keeps nothing of it: settings may differ from call to call. */
export interface ProviderContext<Settings> {
  readonly settings: Settings;
  /** Aborts at the call's total deadline; whatever is open must end then. */
  readonly signal: AbortSignal;
  /** Stable over all tries: hand it on where the other side can tell a repeat by it. */
  readonly deliveryId: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /**
   * The address to connect to for a host that a client named; it is the one that was checked.
   * @throws when the host is not one that this installation may reach
   */
  readonly addressOf: (host: string) => Promise<string>;
}

/** Sends messages of a channel through one kind of service. */
export interface Provider<Settings, Message> {
  /** @returns how it ended; throw only for faults of your own */
  send(context: ProviderContext<Settings>, message: Message): Promise<Outcome>;
  /** Tries the credentials without sending anything. @throws Error with what is wrong */
  verify?(context: Omit<ProviderContext<Settings>, 'deliveryId' | 'attempt'>): Promise<void>;
  /** Ends what it keeps open, such as pooled connections. */
  close?(): Promise<void>;
}

/** Marks a class as a {@link Provider}: listed in a plugin, it is found. */
export const DeliveryProvider = (descriptor: ProviderDescriptor): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(DELIVERY_PROVIDER, descriptor));

/** Marks a settings field as secret. */
export const Secret = (): PropertyDecorator => (target, property) => {
  const known = (Reflect.getMetadata(SECRET_FIELDS, target.constructor) as string[] | undefined) ?? [];
  Reflect.defineMetadata(SECRET_FIELDS, [...known, String(property)], target.constructor);
};

export const secretFieldsOf = (settings: Type<object>): readonly string[] =>
  (Reflect.getMetadata(SECRET_FIELDS, settings) as string[] | undefined) ?? [];

/** An email as a provider gets it: checked, addressed to one recipient. */
export interface EmailMessage {
  readonly to: EmailAddress;
  readonly from: EmailAddress | null;
  readonly replyTo: EmailAddress | null;
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string;
  readonly html: string | null;
  readonly text: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly EmailAttachment[];
}

export interface EmailAddress {
  readonly name: string;
  readonly address: string;
}

export interface EmailAttachment {
  readonly name: string;
  readonly contentType: string;
  readonly content: Buffer;
  readonly contentId: string | null;
}

import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import type { ContentLimits } from '../platform/http/content-limits.js';
import type { DeviceAddress } from './messages.js';

export type { ContentLimits };

/** A fixed string, so that a second copy of this package in a plugin still matches. */
export const DELIVERY_CHANNEL = 'chatapi:delivery-channel';

export interface ChannelDescriptor {
  /** Unique in the installation: its name in a notification's `channels`. At most 16 characters. */
  readonly name: string;
  readonly title: string;
  /** A class with validation, made with the field decorators: what callers give for the channel. */
  readonly content: Type<object>;
  /** What a content may hold at most, for callers to read (`GET /clients/me`): the constants that `content` is made with. */
  readonly limits?: ContentLimits;
  /** It reaches people through their devices: these are looked up for it. */
  readonly usesDevices?: boolean;
  /** It disturbs a person, and so waits for the end of their quiet hours, unless it is critical. */
  readonly disturbs?: boolean;
  /**
   * What becomes of a message whose sending was cut off, when nobody knows whether it left: `again` (the default) where
   * the other side can tell a repeat by its id, `held` for an operator where sending it twice would be worse than not.
   */
  readonly whenLost?: 'again' | 'held';
}

/** Somebody a notification is for, as the caller named them and as the house knows them. */
export interface Party {
  readonly userId?: string;
  readonly email?: string;
  readonly name?: string;
  readonly phone?: string;
  readonly url?: string;
  readonly roomId?: string;
  /** The profile of `userId`, when there is one. */
  readonly user?: {
    readonly displayName: string | null;
    readonly email: string | null;
    readonly phone: string | null;
    readonly metadata: Readonly<Record<string, unknown>>;
  };
  /** Of `userId`, the oldest first. */
  readonly devices: readonly { readonly id: string; readonly kind: string }[];
  /** The room is one of the client's own. */
  readonly isOwnRoom: boolean;
}

/** One place on a channel where somebody is reached. */
export interface Address {
  /** Shown in deliveries and held against suppressions: an email address, a number, a user's id, a device's id. At most 500 characters. */
  readonly recipient: string;
  readonly name?: string | null;
  /** Which of the channel's kinds of address it is, where providers differ in what they reach: `webpush`, `fcm`. */
  readonly kind?: string;
  /** It is a device of the user's: its address is opened when the message is made. */
  readonly deviceId?: string;
}

/** An {@link Address} whose message is about to be made. */
export interface Destination {
  readonly recipient: string;
  readonly name: string | null;
  readonly kind: string | null;
  /** Of a device. */
  readonly device: DeviceAddress | null;
  /** Where who gets this can end it, by opening it or by RFC 8058; null for what is no marketing. */
  readonly unsubscribeUrl: string | null;
}

/** One fault of a content, that more than one field makes. */
export interface ContentFault {
  /** An RFC 6901 pointer within the content: `/text`, or empty for the whole. */
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** Says who is reached where, and makes the messages; providers send them. */
export interface Channel<Content, Message> {
  /** Faults that the fields by themselves do not show. */
  faultsOf?(content: Content): readonly ContentFault[];
  /** Where somebody is reached; nowhere is `no_address`. */
  addressesOf(party: Party, content: Content): readonly Address[];
  /**
   * The one form of an address, under which suppressions know it however it is written; null for what is no address here.
   * Absent: an address is what it says.
   */
  normalised?(address: string): string | null;
  /** What providers of the channel get. Absent where the house itself delivers. */
  messageOf?(content: Content, destination: Destination): Message;
}

/** Marks a class as a {@link Channel}: listed in a plugin, it is found. */
export const DeliveryChannel = (descriptor: ChannelDescriptor): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(DELIVERY_CHANNEL, descriptor));

export const channelDescriptorOf = (type: Type<object>): ChannelDescriptor | undefined =>
  Reflect.getMetadata(DELIVERY_CHANNEL, type) as ChannelDescriptor | undefined;

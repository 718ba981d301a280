import { createHash, randomBytes } from 'node:crypto';
import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import type { ContentFault } from './channel.js';
import type { InboundRequest } from './inbound-request.js';

/** A fixed string, so that a second copy of this package in a plugin still matches. */
export const WEBHOOK_SCHEME = 'chatapi:webhook-scheme';

export interface WebhookSchemeDescriptor {
  /** Unique in the installation: what a source's `verification.scheme` names. At most 40 characters. */
  readonly name: string;
  readonly title: string;
  /**
   * A class with validation: what a source's `verification` takes besides `scheme`, `secret` and `toleranceSeconds`, which
   * every scheme has. Absent: nothing.
   */
  readonly settings?: Type<object>;
  /** It believes everybody: whoever sets up such a source is told. */
  readonly isInsecure?: boolean;
  /** What it signs is not the body: a source that believes what a body asks for cannot have it. */
  readonly leavesBodyUnsigned?: boolean;
}

/** What a call is verified by. */
export interface Verification<Settings> {
  readonly settings: Settings;
  /** Each that is good at this moment, the newest first: more than one while a secret is exchanged. */
  readonly secrets: readonly string[];
  /** How far a signed time may be from `now`, before it and after. */
  readonly toleranceSeconds: number;
  /** The time; a scheme has no clock of its own. */
  readonly now: Date;
}

/** A call that is what it says it is. */
export interface Verified {
  /**
   * The event counts once under it, so it is made of what the signature covers and of nothing else: a part that is not
   * signed can be changed to have an event counted again. {@link onceById} and {@link onceByBytes} make one.
   * 1 to 200 printable characters of ASCII, without blanks.
   */
  readonly dedupeKey: string;
  /** The sender's own id of the event, to be shown; signed or not. At most 200 characters. */
  readonly eventId?: string;
  /** The sender's name for what kind of event it is, to be shown; signed or not. At most 200 characters. */
  readonly type?: string;
  /** It is no event: the sender tries the address, and wants this for an answer. */
  readonly challenge?: WebhookAnswer;
}

/** The body of a 200. */
export interface WebhookAnswer {
  readonly contentType: string;
  readonly body: string;
}

/** Says whether an inbound webhook is from whom it claims to be, by one way of signing. */
export interface Scheme<Settings> {
  /**
   * Faults of a source's `verification` that its fields by themselves do not show; pointers are within it (`/secret`,
   * `/header`). They are refused when they are saved.
   */
  faultsOf?(verification: { readonly settings: Settings; readonly secret?: string }): readonly ContentFault[];
  /** A secret for a source that was given none. Absent where it must come from the sender, or there is none. */
  newSecret?(): string;
  /**
   * Verifies a call on its bytes as they came, before anything is read out of them.
   * @throws InvalidSignature, always with the same message, and nothing else whatever comes in
   */
  verify(request: InboundRequest, verification: Verification<Settings>): Verified | Promise<Verified>;
}

/** Marks a class as a {@link Scheme}: listed in a plugin, it is found. */
export const WebhookScheme = (descriptor: WebhookSchemeDescriptor): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(WEBHOOK_SCHEME, descriptor));

export const webhookSchemeDescriptorOf = (type: Type<object>): WebhookSchemeDescriptor | undefined =>
  Reflect.getMetadata(WEBHOOK_SCHEME, type) as WebhookSchemeDescriptor | undefined;

const SECRET_BYTES = 32;
/** As a scheme's secret that has no form of its own. */
export const newSigningSecret = (): string => randomBytes(SECRET_BYTES).toString('hex');

const PLAIN = /^[\x21-\x7e]{1,180}$/;
const sha256 = (parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/**
 * The {@link Verified.dedupeKey} of an event whose id is signed, whatever the id is made of.
 * @param signed all that is signed, in its order: for an event that has no id, which else would be one with all such
 */
export function onceById(id: unknown, signed: readonly (string | Buffer)[]): string {
  if (typeof id !== 'string' || id === '') return onceByBytes(signed);
  return PLAIN.test(id) ? `id:${id}` : `id-sha256:${sha256([id])}`;
}

/** The {@link Verified.dedupeKey} of an event without a signed id: of all that is signed, in its order. */
export const onceByBytes = (signed: readonly (string | Buffer)[]): string => `sha256:${sha256(signed)}`;

const SHOWN_MAX = 200;
/** A text of somebody else's that can be kept and shown; undefined for what is none. */
export const shownText = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || value === '' || value.length > SHOWN_MAX) return undefined;
  return value.isWellFormed() && !/[\0-\x1f\x7f]/.test(value) ? value : undefined;
};

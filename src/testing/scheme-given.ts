import type { Type } from '@nestjs/common';
import type { InboundRequest, Scheme, Verification, Verified } from '../extension/index.js';
import { type WebhookSchemeDescriptor, webhookSchemeDescriptorOf } from '../extension/webhook-scheme.js';
import { must } from './check.js';

/** What the kit needs to know of a webhook scheme to try it. */
export interface SchemeGiven<Settings extends object> {
  /** What a client gives for it besides the secret; nothing unless told. */
  readonly settings?: Settings;
  /** What it refuses of a client, by a field or by `faultsOf`; each for another reason. */
  readonly refused?: readonly { readonly settings?: object; readonly secret?: string }[];
  /** A secret as clients give it; what `newSecret` makes unless told. */
  readonly secret?: string;
  /** A call as the sender makes it at that time, with all of its headers, and JSON for a body where it sends JSON. */
  request(wish: CallWish<Settings>): InboundRequest | Promise<InboundRequest>;
  /** A call by which the sender tries the address. */
  challenge?(wish: CallWish<Settings>): InboundRequest | Promise<InboundRequest>;
  /** What the signature covers: all of the body unless told, or only a part of the call. */
  readonly signs?: 'body' | 'part';
  /** Whether the signature covers a time. True unless told. */
  readonly isTimed?: boolean;
  /** How to make one; by its constructor without arguments unless told. */
  make?(): Scheme<Settings>;
}

export interface CallWish<Settings> {
  readonly secret: string;
  readonly at: Date;
  readonly settings: Settings;
}

/** Far from today, so that a scheme with a clock of its own is found out. */
export const NOW = new Date('2031-05-06T07:08:09.500Z');
export const TOLERANCE_SECONDS = 300;
/** What an insecure scheme is called with. */
const NO_SECRET = 'no secret';

/** A scheme under test, with what was given for it. One for each check, so that none leans on another. */
export class SchemeSubject<Settings extends object = object> {
  readonly descriptor: WebhookSchemeDescriptor;
  readonly scheme: Scheme<Settings>;
  readonly settings: Settings;
  readonly secret: string;

  constructor(
    type: Type<Scheme<Settings>>,
    readonly given: SchemeGiven<Settings>,
  ) {
    const descriptor = webhookSchemeDescriptorOf(type);
    must(descriptor !== undefined, `${type.name} has no @WebhookScheme.`);
    this.descriptor = descriptor;
    this.scheme = given.make?.() ?? new type();
    this.settings = given.settings ?? ({} as Settings);
    const secret = given.secret ?? this.scheme.newSecret?.();
    must(secret !== undefined || this.isInsecure, `${descriptor.name} makes no secrets: give the kit one.`);
    this.secret = secret ?? NO_SECRET;
  }

  get isInsecure(): boolean {
    return this.descriptor.isInsecure === true;
  }

  get isTimed(): boolean {
    return this.given.isTimed !== false;
  }

  /** A genuine call. */
  async request(at = NOW): Promise<InboundRequest> {
    return this.given.request({ secret: this.secret, at, settings: this.settings });
  }

  async verify(request: InboundRequest, wish: Partial<Verification<Settings>> = {}): Promise<Verified> {
    const { settings, secret } = this;
    const verification = { settings, secrets: [secret], toleranceSeconds: TOLERANCE_SECONDS, now: NOW };
    return this.scheme.verify(request, { ...verification, ...wish });
  }
}

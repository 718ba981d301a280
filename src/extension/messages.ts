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
  /** `List-Unsubscribe` and its like included, where the house adds them. */
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

/** What a browser's `PushSubscription.toJSON()` gives. */
export interface PushSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** Where a device is reached; a secret. Its kind is the address's. */
export type DeviceAddress = { readonly token: string } | { readonly subscription: PushSubscription };

/** A push to one device. */
export interface PushMessage {
  readonly device: { readonly kind: string; readonly address: DeviceAddress };
  readonly title: string;
  readonly body: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly collapseId: string | null;
  readonly ttlSeconds: number | null;
}

/** A text message to one number in E.164 form. */
export interface SmsMessage {
  readonly to: string;
  readonly text: string;
  readonly from: string | null;
}

/** A call of a URL with a JSON body. */
export interface WebhookMessage {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

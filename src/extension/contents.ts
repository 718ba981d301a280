/** What callers give for the channels of the house, ready to be sent: templates are the caller's business. */
export interface WebsocketContent {
  readonly event?: string;
  readonly title?: string;
  readonly body?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface EmailContent {
  readonly subject: string;
  readonly html?: string;
  readonly text?: string;
  readonly from?: string;
  readonly replyTo?: string;
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly attachments?: readonly AttachmentContent[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AttachmentContent {
  readonly name: string;
  readonly contentType: string;
  /** Base64. */
  readonly content: string;
  readonly contentId?: string;
}

export interface PushContent {
  readonly title: string;
  readonly body: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** A later one with the same id takes its place on the device. */
  readonly collapseId?: string;
  /** How long the push service keeps it for a device that is away. */
  readonly ttlSeconds?: number;
}

export interface SmsContent {
  readonly text: string;
  readonly from?: string;
}

export interface WebhookContent {
  /** For recipients that are not themselves a URL. */
  readonly url?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a caller wants shown or sent, by channel. Kept as given: templates are the caller's business. */
export interface ChannelContents {
  readonly websocket?: WebsocketContent;
  readonly email?: EmailContent;
}

export type ChannelName = keyof ChannelContents;

export const channelsIn = (contents: ChannelContents): ChannelName[] => Object.keys(contents) as ChannelName[];

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

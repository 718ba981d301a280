import { ValidateBy } from 'class-validator';
import {
  type AttachmentContent,
  Base64,
  Email,
  type EmailContent,
  EmailList,
  JsonObject,
  PartList,
  Text,
} from '../../extension/index.js';
import { EMAIL_LIMITS } from './email.limits.js';

const LIMITS = EMAIL_LIMITS;
const NO_LINE_BREAK = /^[^\r\n\0]*$/;
/** RFC 5322 field name; those that address, route or vouch for a mail are ours, or the servers', to write. */
const HEADER_NAME =
  /^(?!(?:to|cc|bcc|from|sender|reply-to|date|message-id|subject|return-path|return-receipt-to|errors-to|apparently-to|delivered-to|received|authentication-results|mime-version|dkim-signature|arc-.*|content-.*|resent-.*|list-unsubscribe(?:-post)?)$)[A-Za-z0-9-]+$/i;
const HEADER_NAME_MAX = 76;

const isHeaders = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, text]) =>
      name.length <= HEADER_NAME_MAX &&
      HEADER_NAME.test(name) &&
      typeof text === 'string' &&
      text.length <= LIMITS.headerValueLength &&
      NO_LINE_BREAK.test(text),
  );

const MailHeaders = () =>
  ValidateBy({
    name: 'mailHeaders',
    validator: {
      validate: isHeaders,
      defaultMessage: () => 'headers must be single-line texts under names that do not address or route the mail',
    },
  });

export class EmailAttachmentField implements AttachmentContent {
  @Text({ min: 1, max: LIMITS.attachmentNameLength, pattern: /^[^\r\n\0/\\]+$/, example: 'invoice.pdf' })
  readonly name: string;
  @Text({ max: 127, pattern: /^[\w.+-]+\/[\w.+-]+$/, example: 'application/pdf' })
  readonly contentType: string;
  @Base64({ maxBytes: LIMITS.attachmentBytes, example: 'JVBERi0xLjQ=' })
  readonly content: string;
  @Text({
    min: 1,
    max: 255,
    pattern: /^[\w.@+-]+$/,
    optional: true,
    example: 'logo',
    description: 'For cid: links in the HTML',
  })
  readonly contentId?: string;
}

export class EmailContentFields implements EmailContent {
  @Text({ min: 1, max: LIMITS.subjectLength, pattern: NO_LINE_BREAK, example: 'Your order 4711' })
  readonly subject: string;
  @Text({ min: 1, max: LIMITS.htmlLength, optional: true, example: '<p>We are packing it.</p>' })
  readonly html?: string;
  @Text({
    min: 1,
    max: LIMITS.textLength,
    optional: true,
    example: 'We are packing it.',
    description: 'html, text, or both',
  })
  readonly text?: string;
  @Email({ optional: true, example: 'shop@example.com' })
  readonly from?: string;
  @Email({ optional: true, example: 'help@example.com' })
  readonly replyTo?: string;
  @EmailList({ max: LIMITS.cc, optional: true })
  readonly cc?: string[];
  @EmailList({ max: LIMITS.bcc, optional: true })
  readonly bcc?: string[];
  @PartList(() => EmailAttachmentField, { max: LIMITS.attachments, optional: true })
  readonly attachments?: EmailAttachmentField[];
  @MailHeaders()
  @JsonObject({ maxBytes: LIMITS.headersBytes, optional: true, example: { 'X-Order': '4711' } })
  readonly headers?: Record<string, string>;
}

import {
  type Address,
  type Channel,
  type ContentFault,
  DeliveryChannel,
  type Destination,
  type EmailContent,
  type EmailMessage,
  isEmailAddress,
  type Party,
} from '../../extension/index.js';
import { EmailContentFields } from './email.content.js';
import { EMAIL_LIMITS, refusedPartOf } from './email.limits.js';

const PROGRAM = { code: 'refused_type', message: 'programs are not attached: mail services refuse such a mail' };

/** Mail, to an address that was named or is the user's. */
@DeliveryChannel({ name: 'email', title: 'Email', content: EmailContentFields, limits: EMAIL_LIMITS, disturbs: true })
export class EmailChannel implements Channel<EmailContent, EmailMessage> {
  faultsOf({ html, text, attachments = [] }: EmailContent): ContentFault[] {
    const isEmpty = html === undefined && text === undefined;
    return [
      ...(isEmpty ? [{ pointer: '', code: 'required', message: 'email needs html, text, or both' }] : []),
      ...attachments.flatMap((attachment, n) => {
        const part = refusedPartOf(attachment);
        return part === null ? [] : [{ pointer: `/attachments/${n}/${part}`, ...PROGRAM }];
      }),
    ];
  }

  addressesOf({ email, name, user }: Party): Address[] {
    const recipient = email ?? user?.email ?? null;
    return recipient === null ? [] : [{ recipient, name: name ?? user?.displayName ?? null }];
  }

  /** In lower case, the part before the @ too: hardly a mail server tells `Ann@` from `ann@`. */
  normalised(address: string): string | null {
    const plain = address.trim().toLowerCase();
    return isEmailAddress(plain) ? plain : null;
  }

  messageOf(content: EmailContent, to: Destination): EmailMessage {
    return {
      to: { name: to.name ?? '', address: to.recipient },
      from: content.from === undefined ? null : { name: '', address: content.from },
      replyTo: content.replyTo === undefined ? null : { name: '', address: content.replyTo },
      cc: content.cc ?? [],
      bcc: content.bcc ?? [],
      subject: content.subject,
      html: content.html ?? null,
      text: content.text ?? null,
      headers: { ...content.headers, ...unsubscribing(to.unsubscribeUrl) },
      attachments: (content.attachments ?? []).map(({ name, contentType, content: base64, contentId }) => ({
        name,
        contentType,
        content: Buffer.from(base64, 'base64'),
        contentId: contentId ?? null,
      })),
    };
  }
}

/** RFC 2369 and RFC 8058; callers cannot write these headers themselves. */
const unsubscribing = (url: string | null): Record<string, string> =>
  url === null ? {} : { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };

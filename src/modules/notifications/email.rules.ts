import type { EmailMessage } from '../../extension/provider.js';
import type { EmailContent } from './content.js';

/** An email as a provider gets it, to one recipient. */
export function emailMessage(
  content: EmailContent,
  to: { readonly address: string; readonly name: string | null },
): EmailMessage {
  return {
    to: { name: to.name ?? '', address: to.address },
    from: content.from === undefined ? null : { name: '', address: content.from },
    replyTo: content.replyTo === undefined ? null : { name: '', address: content.replyTo },
    cc: content.cc ?? [],
    bcc: content.bcc ?? [],
    subject: content.subject,
    html: content.html ?? null,
    text: content.text ?? null,
    headers: content.headers ?? {},
    attachments: (content.attachments ?? []).map(({ name, contentType, content: base64, contentId }) => ({
      name,
      contentType,
      content: Buffer.from(base64, 'base64'),
      contentId: contentId ?? null,
    })),
  };
}

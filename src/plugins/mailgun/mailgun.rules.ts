import type { MailgunMessageData } from 'mailgun.js/definitions';
import {
  type BatchItem,
  type EmailAddress,
  type EmailAttachment,
  type EmailMessage,
  type Outcome,
  outcomeOfFailure,
  outcomeOfRefusal,
  type HttpAnswer,
  providerFault,
  rejected,
  sent,
} from '../../extension/index.js';

/** The custom variable by which events name the delivery. */
export const DELIVERY_VARIABLE = 'delivery-id';
/** What Mailgun fills in by recipient when there are recipient variables; a text of the caller's own must not hold it. */
const PLACEHOLDER = /%recipient/i;

/** `<id@host>`, however it came. */
export const referenceOf = (messageId: string): string => `<${messageId.trim().replace(/^<|>$/g, '')}>`;

/** A quoted name cannot end early: it holds neither a quote nor an escape. */
export function headerOf({ name, address }: EmailAddress): string {
  const plain = name.replace(/[\p{Cc}"\\<>]/gu, ' ').trim();
  return plain === '' ? address : `"${plain}" <${address}>`;
}

/** One message to one recipient. The Message-ID is the same over all tries. */
export const singleOf = (
  message: EmailMessage,
  { deliveryId, domain, from }: { readonly deliveryId: string; readonly domain: string; readonly from: string },
): MailgunMessageData => ({
  ...contentOf(message, from),
  ...headersOf(message.headers),
  to: [headerOf(message.to)],
  ...(message.cc.length > 0 && { cc: [...message.cc] }),
  ...(message.bcc.length > 0 && { bcc: [...message.bcc] }),
  'h:Message-Id': `<${deliveryId}@${domain}>`,
  'h:X-ChatAPI-Delivery': deliveryId,
  [`v:${DELIVERY_VARIABLE}`]: deliveryId,
});

/** The same message to many, each of whom gets a mail of their own; what differs between them is a recipient variable. */
export function batchOf(items: readonly BatchItem<EmailMessage>[], from: string): MailgunMessageData {
  const [{ message: first }] = items as readonly [BatchItem<EmailMessage>];
  const differing = Object.keys(first.headers).filter((name) =>
    items.some(({ message }) => message.headers[name] !== first.headers[name]),
  );
  const variables = items.map(({ deliveryId, message }) => [
    message.to.address,
    { id: deliveryId, ...Object.fromEntries(differing.map((name, n) => [`h${n}`, message.headers[name]])) },
  ]);
  return {
    ...contentOf(first, from),
    ...headersOf(first.headers),
    ...Object.fromEntries(differing.map((name, n) => [`h:${name}`, `%recipient.h${n}%`])),
    to: items.map(({ message }) => headerOf(message.to)),
    'recipient-variables': JSON.stringify(Object.fromEntries(variables)),
    'h:X-ChatAPI-Delivery': '%recipient.id%',
    [`v:${DELIVERY_VARIABLE}`]: '%recipient.id%',
  };
}

/**
 * Whether messages can go out as one: they differ in their recipient, and in what headers say, alone. Copies are for one
 * mail, not for each of a thousand.
 */
export function canGoTogether(items: readonly BatchItem<EmailMessage>[]): boolean {
  const [first] = items;
  if (!first || hasCopies(first.message) || hasPlaceholder(items)) return false;
  return items.every(({ message }) => isSameContent(message, first.message));
}

/** Recipient variables are kept by address: whoever is in the batch again goes with a later call. */
export function wavesOf(items: readonly BatchItem<EmailMessage>[]): readonly (readonly BatchItem<EmailMessage>[])[] {
  const seen = new Map<string, number>();
  const waves: BatchItem<EmailMessage>[][] = [];
  for (const item of items) {
    const address = item.message.to.address.toLowerCase();
    const n = seen.get(address) ?? 0;
    seen.set(address, n + 1);
    (waves[n] ??= []).push(item);
  }
  return waves;
}

/** What the answer to a message that was taken means. */
export const outcomeOfSuccess = (id: unknown): Outcome =>
  typeof id === 'string' && id !== ''
    ? sent(referenceOf(id))
    : providerFault('The answer names no message; is this Mailgun?');

/** Whether no message of a batch was taken because of the batch itself, or of one in it. */
export const isAboutTheMessage = (outcome: Outcome): boolean =>
  outcome.kind === 'rejected' && outcome.reason !== 'ssrf_blocked';

/** 402 and 404 speak of the account and its domain; a 400 that names the `to` parameter speaks of the recipient. */
export function outcomeOf(thrown: unknown, answer: HttpAnswer | null): Outcome {
  if (!answer) return outcomeOfFailure(thrown);
  const outcome = outcomeOfRefusal(answer);
  if (answer.status === 402 || answer.status === 404) return providerFault(outcome.detail);
  if (answer.status === 400 && /'?\bto'? parameter is not a valid address/i.test(answer.text))
    return rejected('invalid_recipient', outcome.detail);
  return outcome;
}

const contentOf = (message: EmailMessage, from: string) => ({
  from: headerOf(message.from ?? { name: '', address: from }),
  ...(message.replyTo && { 'h:Reply-To': headerOf(message.replyTo) }),
  subject: message.subject,
  text: message.text ?? '',
  ...(message.html !== null && { html: message.html }),
  attachment: filesOf(message.attachments.filter(({ contentId }) => contentId === null)),
  inline: filesOf(message.attachments.filter(({ contentId }) => contentId !== null)),
});

/** An inline part is linked to by its file's name. The library forgets the type of what is not a Blob. */
const filesOf = (attachments: readonly EmailAttachment[]): { filename: string; data: Blob }[] =>
  attachments.map(({ name, contentType, content, contentId }) => ({
    filename: contentId ?? name,
    data: new Blob([new Uint8Array(content)], { type: contentType }),
  }));

const headersOf = (headers: EmailMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [`h:${name}`, value]));

const hasCopies = ({ cc, bcc }: EmailMessage): boolean => cc.length + bcc.length > 0;

const hasPlaceholder = (items: readonly BatchItem<EmailMessage>[]): boolean =>
  items.some(({ message: { subject, html, text, headers } }) =>
    [subject, html ?? '', text ?? '', ...Object.values(headers)].some((part) => PLACEHOLDER.test(part)),
  );

const isSameContent = (a: EmailMessage, b: EmailMessage): boolean =>
  a.subject === b.subject &&
  a.html === b.html &&
  a.text === b.text &&
  a.from?.address === b.from?.address &&
  a.from?.name === b.from?.name &&
  a.replyTo?.address === b.replyTo?.address &&
  a.replyTo?.name === b.replyTo?.name &&
  !hasCopies(a) &&
  Object.keys(a.headers).join('\n') === Object.keys(b.headers).join('\n') &&
  a.attachments.length === b.attachments.length &&
  a.attachments.every((attachment, n) => isSameFile(attachment, b.attachments[n]!));

const isSameFile = (a: EmailAttachment, b: EmailAttachment): boolean =>
  a.name === b.name && a.contentType === b.contentType && a.contentId === b.contentId && a.content.equals(b.content);

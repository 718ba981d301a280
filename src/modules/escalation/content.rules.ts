import type { EmailContent, PushContent, SmsContent } from '../../extension/contents.js';
import type { ChannelContents } from '../notifications/index.js';
import type { Escalation } from '../rooms/index.js';

/** What there is to tell a member of a room. */
export interface News {
  readonly room: string | null;
  readonly sender: string;
  /** Of the newest unread message. */
  readonly content: string | null;
  readonly contentType: string;
  readonly attachments: readonly { readonly name: string }[] | null;
  /** {@link COUNTED_MAX} at most. */
  readonly unreadCount: number;
}

/** Further unread messages are not counted. */
export const COUNTED_MAX = 100;
const PREVIEW_LENGTH = 200;
const NAME_LENGTH = 80;
/** Other content is for programs. */
const READABLE = /^(text|markdown)(\/|$)/;

type EscalationChannel = Escalation['channels'][number];

interface Contents {
  readonly push: PushContent;
  readonly email: EmailContent;
  readonly sms: SmsContent;
}

/** How each channel says it. */
const CONTENTS: { readonly [Channel in EscalationChannel]: (news: News) => Contents[Channel] } = {
  push: (news) => ({ title: headline(news), body: sentence(news) }),
  email: (news) => ({ subject: headline(news), text: `${sentence(news)}\n\n${headline(news)}\n` }),
  sms: (news) => ({ text: sentence(news) }),
};

export const ESCALATION_CHANNELS = Object.keys(CONTENTS) as readonly EscalationChannel[];
export type { EscalationChannel };

export const isChannel = (name: string): name is EscalationChannel =>
  (ESCALATION_CHANNELS as readonly string[]).includes(name);

/** On every channel, of which a delivery takes its own. */
export const contentsOf = (news: News): ChannelContents =>
  Object.fromEntries(ESCALATION_CHANNELS.map((channel) => [channel, CONTENTS[channel](news)]));

function headline({ room, sender, unreadCount }: News): string {
  const one = unreadCount === 1;
  const messages = one ? 'An unread message' : `${counted(unreadCount)} unread messages`;
  if (room !== null) return `${messages} in ${line(room, NAME_LENGTH)}`;
  return `${messages}${one ? '' : ', the last'} from ${line(sender, NAME_LENGTH)}`;
}

const sentence = (news: News): string => `${line(news.sender, NAME_LENGTH)}: ${preview(news)}`;

function preview({ content, contentType, attachments }: News): string {
  if (content !== null && READABLE.test(contentType)) return line(content, PREVIEW_LENGTH);
  const names = attachments?.map(({ name }) => name) ?? [];
  return names.length > 0 ? line(names.join(', '), PREVIEW_LENGTH) : 'a message';
}

const counted = (count: number): string => (count < COUNTED_MAX ? `${count}` : `${COUNTED_MAX - 1}+`);

/** On one line, so that nobody writes headers with a name, and never cut within a character. */
function line(text: string, length: number): string {
  const characters = Array.from(text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim());
  return characters.length <= length ? characters.join('') : `${characters.slice(0, length - 1).join('')}…`;
}

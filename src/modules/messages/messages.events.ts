import type { EventTable } from '../../platform/realtime/index.js';
import { MessageView, ReactedView } from './message.view.js';

/** What a message's durable events are called on sockets, in the feed and in webhooks. */
export const MESSAGE_EVENTS = {
  created: 'message.created',
  updated: 'message.updated',
  deleted: 'message.deleted',
  pinned: 'message.pinned',
  unpinned: 'message.unpinned',
  reactionAdded: 'reaction.added',
  reactionRemoved: 'reaction.removed',
} as const;

type MessageEventName = (typeof MESSAGE_EVENTS)[keyof typeof MESSAGE_EVENTS];

/** What each carries to sockets. */
export const MESSAGE_PUSHES = {
  'message.created': { summary: 'A message was sent', data: MessageView, kind: 'durable' },
  'message.updated': { summary: 'A message was edited', data: MessageView, kind: 'durable' },
  'message.deleted': { summary: 'A message was deleted; this is its tombstone', data: MessageView, kind: 'durable' },
  'message.pinned': { summary: 'A message was pinned', data: MessageView, kind: 'durable' },
  'message.unpinned': { summary: 'A message is pinned no longer', data: MessageView, kind: 'durable' },
  'reaction.added': { summary: 'Somebody reacted to a message', data: ReactedView, kind: 'durable' },
  'reaction.removed': { summary: 'Somebody took a reaction back', data: ReactedView, kind: 'durable' },
} as const satisfies EventTable<MessageEventName>;

declare module '../../platform/realtime/event.js' {
  interface EventTables {
    readonly messages: typeof MESSAGE_PUSHES;
  }
}

/** All of them are told to other systems, too. */
export const MESSAGE_OUTBOUND = MESSAGE_PUSHES;

declare module '../../platform/outbox/outbound-event.js' {
  interface OutboundTables {
    readonly messages: typeof MESSAGE_OUTBOUND;
  }
}

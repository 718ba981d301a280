import type { EventTable } from '../../platform/realtime/index.js';
import { InboxItemView } from './inbox.view.js';

/** What a user's notifications are called on sockets; they take no offset. */
export const NOTIFICATION_EVENTS = { created: 'notification.created', updated: 'notification.updated' } as const;

/** What each carries to sockets. */
export const NOTIFICATION_PUSHES = {
  'notification.created': {
    summary: 'There is a notification',
    data: InboxItemView,
    kind: 'socket',
    scope: 'inbox:read',
  },
  'notification.updated': {
    summary: 'It was seen, read, unread or archived, on another socket or over REST',
    data: InboxItemView,
    kind: 'socket',
    scope: 'inbox:read',
  },
} as const satisfies EventTable<(typeof NOTIFICATION_EVENTS)[keyof typeof NOTIFICATION_EVENTS]>;

declare module '../../platform/realtime/event.js' {
  interface EventTables {
    readonly notifications: typeof NOTIFICATION_PUSHES;
  }
}

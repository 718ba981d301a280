/** What a user does with an item. */
export type InboxVerb = 'seen' | 'read' | 'unread' | 'archive';

/** Which items are wanted. */
export const INBOX_STATES = ['unread', 'read', 'archived', 'all'] as const;
export type InboxState = (typeof INBOX_STATES)[number];

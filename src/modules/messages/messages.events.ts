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

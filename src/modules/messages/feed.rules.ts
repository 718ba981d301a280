import type { StoredRoomEvent } from '../rooms/index.js';
import { type FeedItemView, MessageView } from './message.view.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import type { StoredMessage } from './stored-message.js';

/** A stretch of a room's feed out of its two tables, in order. */
export function itemsOf(
  roomId: string,
  messages: readonly StoredMessage[],
  events: readonly StoredRoomEvent[],
  referred: ReadonlyMap<string, StoredMessage>,
): FeedItemView[] {
  return [...messages.map(createdItem), ...events.map((event) => eventItem(roomId, event, referred))].sort(
    (a, b) => a.offset - b.offset,
  );
}

const createdItem = (message: StoredMessage): FeedItemView => ({
  ev: MESSAGE_EVENTS.created,
  roomId: message.roomId,
  offset: message.offset,
  ts: message.createdAt.toISOString(),
  data: MessageView.of(message),
});

const eventItem = (
  roomId: string,
  event: StoredRoomEvent,
  referred: ReadonlyMap<string, StoredMessage>,
): FeedItemView => ({
  ev: event.ev,
  roomId,
  offset: event.offset,
  ts: event.at.toISOString(),
  data: dataOf(event, referred.get(event.messageId ?? '')),
});

/** Messages are shown as they are now: what was deleted since does not come back by the feed. */
function dataOf({ ev, kept, messageId, userId }: StoredRoomEvent, message: StoredMessage | undefined): object {
  if (ev.startsWith('room.')) return { ...kept, createdBy: userId };
  const view = message && MessageView.of(message);
  if (view && userId === null) return view;
  if (view) return { messageId, ...kept, userId, reactions: view.reactions };
  return { ...(userId !== null && { userId }), ...kept };
}

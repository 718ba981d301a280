import type { Api } from './api.js';
import type { Heard } from './sockets.js';

/** All that a client shows of a room, as of an offset. */
export interface Picture {
  readonly offset: number;
  readonly members: Readonly<Record<string, string>>;
  readonly messages: Readonly<Record<string, unknown>>;
  readonly status: string;
}

/**
 * A fresh picture: the position first, then the data. What changed in between comes again as an event, and is the same
 * when it is applied twice.
 */
export async function pictureOf(api: Api, roomId: string): Promise<Picture> {
  const room = await api.get(`/rooms/${roomId}`);
  const members = await all<{ userId: string; role: string }>(api, `/rooms/${roomId}/members`);
  const messages = await all<{ id: string }>(api, `/messages?roomId=${roomId}`);
  return {
    offset: room.body.head as number,
    members: Object.fromEntries(members.map(({ userId, role }) => [userId, role])),
    messages: Object.fromEntries(messages.map((message) => [message.id, message])),
    status: room.body.status as string,
  };
}

async function all<T>(api: Api, path: string): Promise<T[]> {
  const rows: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await api.get(`${path}${path.includes('?') ? '&' : '?'}limit=100${cursor && `&cursor=${cursor}`}`);
    rows.push(...(body.data as T[]));
    cursor = body.nextCursor as string | null;
  }
  return rows;
}

/** What a client does with an event. */
export function applied(picture: Picture, { ev, offset = 0, data }: Heard): Picture {
  if (offset <= picture.offset) return picture;
  const [noun, verb] = ev.split('.');
  const next = { ...picture, offset };
  if (noun === 'room') return { ...next, status: data.status as string };
  if (noun === 'reaction') return withMessage(next, data.messageId as string, { reactions: data.reactions as unknown });
  if (noun === 'message') return withMessage(next, data.id as string, data as object);
  const { [data.userId as string]: _left, ...others } = picture.members;
  const stays = verb === 'joined' || verb === 'updated';
  return { ...next, members: stays ? { ...others, [data.userId as string]: data.role as string } : others };
}

const withMessage = (picture: Picture, id: string, change: object): Picture => ({
  ...picture,
  messages: { ...picture.messages, [id]: { ...(picture.messages[id] as object | undefined), ...change } },
});

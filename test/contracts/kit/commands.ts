import type { Api, Reply } from '../../support/api.js';

/** What came of a command, in the form that sockets give it. */
export type Outcome =
  | { readonly status?: number; readonly ok: unknown }
  | { readonly status?: number; readonly refusal: { readonly code: string; readonly errors?: unknown } };

type Data = Readonly<Record<string, unknown>>;

/** How a command goes over REST. Fields that the path names are taken from the data; the rest is the body, or the query. */
interface Route {
  readonly method: string;
  readonly path: string;
  /** The answer in the form of the socket command, where REST has another. */
  readonly answer?: (reply: Reply, api: Api, data: Data) => unknown;
}

function to(route: string, answer?: Route['answer']): Route {
  const [method = '', path = ''] = route.split(' ');
  return { method, path, ...(answer && { answer }) };
}

const asMessage = ({ body }: Reply): unknown => ({ message: body as unknown });
const asSent = ({ status, body, headers }: Reply): unknown => ({
  message: body as unknown,
  duplicate: status === 200 && headers.get('Idempotency-Replayed') === 'true',
});
/** REST answers a deletion with nothing; what is left of the message can be read. */
const asTombstone = async (_reply: Reply, api: Api, { messageId }: Data): Promise<unknown> => ({
  message: (await api.get(`/messages/${String(messageId)}`)).body as unknown,
});

/** The commands that a socket takes; all others go over REST, whatever the transport. */
export const SOCKET_COMMANDS: readonly string[] = [
  'message.send',
  'message.edit',
  'message.delete',
  'reaction.add',
  'reaction.remove',
  'receipt.delivered',
  'receipt.read',
  'typing.start',
  'typing.stop',
  'presence.get',
  'presence.set',
  'room.subscribe',
  'room.unsubscribe',
  'sync',
];

/** What the runner does itself: a user goes away, and comes back. */
export const CONNECTION_COMMANDS = ['connection.close', 'connection.open'] as const;

/** Where REST has each command. A socket command that is missing here is one of sockets alone. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'message.send': to('POST /messages', asSent),
  'message.edit': to('PATCH /messages/{messageId}', asMessage),
  'message.delete': to('DELETE /messages/{messageId}', asTombstone),
  'message.show': to('GET /messages/{messageId}', asMessage),
  'message.list': to('GET /messages'),
  'message.search': to('GET /messages/search'),
  'message.replies': to('GET /messages/{messageId}/replies'),
  'message.versions': to('GET /messages/{messageId}/versions'),
  'message.receipts': to('GET /messages/{messageId}/receipts'),
  'message.trace': to('GET /messages/{messageId}/trace'),
  'message.pin': to('POST /messages/{messageId}/pin', asMessage),
  'message.unpin': to('DELETE /messages/{messageId}/pin', asMessage),
  'reaction.add': to('PUT /messages/{messageId}/reactions/{emoji}'),
  'reaction.remove': to('DELETE /messages/{messageId}/reactions/{emoji}'),
  'receipt.read': to('POST /rooms/{roomId}/read'),
  'room.create': to('POST /rooms'),
  'room.show': to('GET /rooms/{roomId}'),
  'room.update': to('PATCH /rooms/{roomId}'),
  'room.delete': to('DELETE /rooms/{roomId}'),
  'room.list': to('GET /rooms'),
  'room.all': to('GET /rooms/all'),
  'room.expiring': to('GET /rooms/expiring'),
  'room.join': to('POST /rooms/{roomId}/join'),
  'room.leave': to('POST /rooms/{roomId}/leave'),
  'room.mute': to('POST /rooms/{roomId}/mute'),
  'room.unmute': to('POST /rooms/{roomId}/unmute'),
  'room.deactivate': to('POST /rooms/{roomId}/deactivate'),
  'room.activate': to('POST /rooms/{roomId}/activate'),
  'room.events': to('GET /rooms/{roomId}/events'),
  'room.pins': to('GET /rooms/{roomId}/pins'),
  'member.list': to('GET /rooms/{roomId}/members'),
  'member.add': to('POST /rooms/{roomId}/members'),
  'member.update': to('PATCH /rooms/{roomId}/members/{userId}'),
  'member.remove': to('DELETE /rooms/{roomId}/members/{userId}'),
  'ban.list': to('GET /rooms/{roomId}/bans'),
  'ban.add': to('POST /rooms/{roomId}/bans'),
  'ban.lift': to('DELETE /rooms/{roomId}/bans/{userId}'),
};

export const COMMANDS: readonly string[] = [
  ...new Set([...SOCKET_COMMANDS, ...Object.keys(ROUTES), ...CONNECTION_COMMANDS]),
].sort();

/** Without a socket: `sync` reads the feed, the rest is routes. */
export const isOverRest = (command: string): boolean =>
  command in ROUTES || command === 'sync' || command.startsWith('connection.');

/** Performs a command over REST. */
export async function performOverRest(api: Api, command: string, data: Data): Promise<Outcome> {
  if (command === 'sync') return { ok: { rooms: await syncOverRest(api, data.rooms as RoomOffset[]) } };
  const route = ROUTES[command];
  if (!route) throw new Error(`${command} is no command of REST`);
  const { path, rest } = filled(route.path, data);
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE' && Object.keys(rest).length > 0;
  const query = hasBody ? '' : queryOf(rest);
  const reply = await patiently(() => api.call(route.method, path + query, hasBody ? rest : undefined));
  const { status, body } = reply;
  if (status >= 400) return { status, refusal: body as { code: string; errors?: unknown } };
  return { status, ok: route.answer ? await route.answer(reply, api, data) : (body as unknown) };
}

interface RoomOffset {
  readonly roomId: string;
  readonly offset: number;
}

/** What the durable feed says, in the form of `sync`. */
function syncOverRest(api: Api, rooms: readonly RoomOffset[]): Promise<unknown[]> {
  return Promise.all(
    rooms.map(async ({ roomId, offset }) => {
      const { status, body } = await api.get(`/rooms/${roomId}/events?after=${offset}&limit=100`);
      if (status === 404) return { roomId, recovered: false, reason: 'not_found' };
      const { body: room } = await api.get(`/rooms/${roomId}`);
      const head = room.head as number;
      if (body.nextCursor !== null) return { roomId, recovered: false, reason: 'too_many', head };
      return { roomId, recovered: true, events: body.data as unknown, head };
    }),
  );
}

function filled(form: string, data: Data): { path: string; rest: Record<string, unknown> } {
  const rest = { ...data };
  const path = form.replaceAll(/\{(\w+)\}/g, (_whole, field: string) => {
    const value = String(rest[field]);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy, whose fields the path has taken
    delete rest[field];
    return encodeURIComponent(value);
  });
  return { path, rest };
}

function queryOf(data: Data): string {
  const pairs = Object.entries(data).map(([key, value]): [string, string] => [key, String(value)]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** Waits as it is told when the client's rate limit is reached: that is the service at work, and no part of a scenario. */
export async function patiently(call: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    const reply = await call();
    if (reply.status !== 429 || reply.body.code !== 'rate_limited') return reply;
    await new Promise((resolve) => setTimeout(resolve, Number(reply.headers.get('Retry-After') ?? 1) * 1_000));
  }
}

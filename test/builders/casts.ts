import type { Api, Reply } from '../support/api.js';
import { aClient, aRoom, type TestClient, type TestUser } from './clients.js';
import type { TestApp } from '../support/app.js';

/** A client that no rate limit stops, with a user for every role a room knows and one who is outside. */
export interface Cast {
  readonly client: TestClient;
  readonly owner: TestUser;
  readonly admin: TestUser;
  readonly member: TestUser;
  readonly outsider: TestUser;
  /** A room with the three inside it, `others` as further members. */
  room(wish?: object, others?: readonly object[]): Promise<string>;
}

export async function aCast(app: TestApp): Promise<Cast> {
  const client = await aClient(app, {
    settings: { limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 } },
  });
  const [owner, admin, member, outsider] = await Promise.all([
    client.login('olga'),
    client.login('adam'),
    client.login('mia'),
    client.login('otto'),
  ]);
  const room = (wish: object = {}, others: readonly object[] = []) =>
    aRoom(client, {
      type: 'group',
      members: [
        { userId: 'olga', role: 'owner' },
        { userId: 'adam', role: 'admin' },
        { userId: 'mia', role: 'member' },
        ...others,
      ],
      ...wish,
    });
  return { client, owner, admin, member, outsider, room };
}

/** A room's durable events, from the first. @throws when their offsets have a gap, or end before the head */
export async function feedOf(api: Api, roomId: string): Promise<{ ev: string; offset: number; data: object }[]> {
  const { body } = await api.get(`/rooms/${roomId}/events?limit=100`);
  const { body: room } = await api.get(`/rooms/${roomId}`);
  const events = body.data as { ev: string; offset: number; data: object }[];
  const offsets = events.map(({ offset }) => offset);
  const gapless = Array.from({ length: Number(room.head) }, (_, at) => at + 1);
  if (JSON.stringify(offsets) !== JSON.stringify(gapless)) throw new Error(`Offsets ${offsets.join()} to ${room.head}`);
  return events;
}

/** What an answer comes to: its status, and the code of a refusal. */
export const gist = ({ status, body }: Reply): string => (status < 400 ? `${status}` : `${status} ${body.code}`);

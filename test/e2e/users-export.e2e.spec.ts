import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSubject, PersonalData } from '../../src/modules/users/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

let app: TestApp;
let client: TestClient;
/** How far the export of a user with an endless list was read. */
let endless = 0;
let isClosed = false;
const ENDLESS = 'has-no-end';
const BROKEN = 'breaks-off';

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 } } });
  const testList = async function* ({ userId }: DataSubject) {
    try {
      while (userId === ENDLESS) yield await Promise.resolve({ n: ++endless, text: 'x'.repeat(10_000) });
    } finally {
      isClosed = userId === ENDLESS;
    }
    if (userId === BROKEN) throw await Promise.resolve(new Error('The power went out.'));
  };
  app.part(PersonalData).register({ stage: 'content', lists: { testList }, erase: () => Promise.resolve(0) });
}, 60_000);

afterAll(() => app.close());

const someone = (): string => `user-${randomUUID()}`;
const exportOf = async (userId: string, of = client) => (await of.master.get(`/users/${userId}/export`)).body;

describe('an export', () => {
  it('holds everything that is kept about the user, and no secrets', async () => {
    const [ann, bob] = [someone(), someone()];
    const email = `${ann}@example.com`;
    const { master } = client;
    await master.put(`/users/${ann}`, { displayName: 'Ann Lee', email, metadata: { plan: 'pro' } });
    const login = await client.login(ann, { device: 'phone' });
    await master.post(`/users/${ann}/devices`, { kind: 'fcm', token: 'a-long-token-of-hers' });
    await master.put(`/users/${ann}/preferences`, { channels: { email: { marketing: false } } });
    const settings = { escalation: { afterSeconds: 1, channels: ['email'] } };
    const roomId = await aRoom(client, { type: 'group', name: 'Team', members: [bob, ann], settings });
    const own = await master.as(ann).post('/messages', { roomId, content: 'Of Ann' });
    const other = await master.as(bob).post('/messages', { roomId, content: 'Of Bob' });
    await master.as(ann).call('PUT', `/messages/${other.body.id}/reactions/👍`);
    const channels = { email: { subject: 'Hello', text: 'Ann' }, websocket: { title: 'Hello' } };
    await master.post('/notifications/send', { to: [{ userId: ann }, { userId: bob }], channels });
    await master.post('/notifications/send', { to: { email }, channels: { email: { subject: 'By mail', text: 'x' } } });

    const body = await eventually(async () => {
      const exported = await exportOf(ann);
      return exported.escalations.length > 0 && exported;
    });

    expect(body).toMatchObject({
      user: { userId: ann, displayName: 'Ann Lee', metadata: { plan: 'pro' } },
      preferences: { channels: { email: { marketing: false } }, quietHours: null },
      devices: [{ kind: 'fcm', lastFour: 'hers' }],
      keys: [{ keyId: login.keyId, device: 'phone' }],
      rooms: [{ roomId, type: 'group', name: 'Team', role: 'member' }],
      bans: [],
      messages: [{ id: own.body.id, content: 'Of Ann', seq: 1 }],
      reactions: [{ messageId: other.body.id, emoji: '👍' }],
      escalations: [{ roomId, fromSeq: 2, toSeq: 2, channel: 'none', notificationId: null }],
    });
    const sent = (body.notifications as { channel: string; recipient: string; content: object }[]).map(
      ({ channel, recipient, content }) => ({ channel, recipient, content }),
    );
    expect(sent).toHaveLength(3);
    expect(sent).toEqual(
      expect.arrayContaining([
        { channel: 'websocket', recipient: ann, content: channels.websocket },
        { channel: 'email', recipient: email, content: channels.email },
        { channel: 'email', recipient: email, content: { subject: 'By mail', text: 'x' } },
      ]),
    );
    for (const secret of [login.apiKey, 'a-long-token', 'hash']) expect(JSON.stringify(body)).not.toContain(secret);
  });

  it('gives long lists whole and in order, over all their pages', async () => {
    const ann = someone();
    const roomId = await aRoom(client, { type: 'group', members: [ann] });
    const count = 450;
    for (let n = 0; n < count; n += 50) {
      const send = (_: unknown, at: number) =>
        client.master.as(ann).post('/messages', { roomId, content: `Message ${n + at}` });
      await Promise.all(Array.from({ length: 50 }, send));
    }

    const messages = (await exportOf(ann)).messages as { id: string; seq: number }[];

    expect(messages.map(({ seq }) => seq).sort((x, y) => x - y)).toEqual(
      Array.from({ length: count }, (_, n) => n + 1),
    );
    expect(messages.map(({ id }) => id)).toEqual(messages.map(({ id }) => id).sort());
  });

  it('is of a user of the client’s own', async () => {
    const ann = someone();
    const other = await aClient(app);
    const roomId = await aRoom(client, { type: 'group', members: [ann] });
    await client.master.as(ann).post('/messages', { roomId, content: 'Of the one' });

    expect((await other.master.get(`/users/${ann}/export`)).status).toBe(404);
    await other.master.put(`/users/${ann}`, {});
    expect(await exportOf(ann, other)).toMatchObject({ rooms: [], messages: [], notifications: [] });
  });
});

describe('the export of a user with more than fits into memory', () => {
  const open = (userId: string, signal?: AbortSignal) =>
    fetch(`${app.url}/api/v1/users/${userId}/export`, {
      headers: { Authorization: `Bearer ${client.masterKey}` },
      ...(signal && { signal }),
    });

  it('is read no further than the caller takes it, and not at all when they have gone', async () => {
    await client.master.put(`/users/${ENDLESS}`, {});
    const left = new AbortController();
    const response = await open(ENDLESS, left.signal);
    await eventually(() => endless > 10);
    let last = -1;
    await eventually(() => {
      const stands = endless === last;
      last = endless;
      return stands;
    });
    left.abort();
    await eventually(() => isClosed);

    expect(response.status).toBe(200);
    expect(endless).toBeLessThan(5_000); // 50 MB of it: sockets have buffers, and they are not endless
  });

  it('breaks off when something fails, so that nobody takes a part for the whole', async () => {
    await client.master.put(`/users/${BROKEN}`, {});
    await expect(open(BROKEN).then((response) => response.text())).rejects.toThrow();
  });
});

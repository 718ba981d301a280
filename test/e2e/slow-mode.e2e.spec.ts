import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aCast, type Cast, feedOf, gist } from '../builders/casts.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let cast: Cast;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  cast = await aCast(app);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const slowRoom = (slowModeSeconds = 600) => cast.room({ settings: { slowModeSeconds } });
const say = (who: 'owner' | 'admin' | 'member', roomId: string, wish: object = {}) =>
  cast[who].api.post('/messages', { roomId, content: 'Hello', ...wish });

describe('slow mode', () => {
  it('makes a member wait, and says how long', async () => {
    const roomId = await slowRoom();

    const first = await say('member', roomId);
    const second = await say('member', roomId);

    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 429, body: { code: 'slow_mode', scope: 'room' } });
    const wait = Number(second.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(500);
    expect(wait).toBeLessThanOrEqual(600);
    expect(await feedOf(cast.member.api, roomId)).toHaveLength(2);
  });

  it('is not for the owner, admins and master keys', async () => {
    const roomId = await slowRoom();
    const master = () => cast.client.master.as('mia').post('/messages', { roomId, content: 'On her behalf' });
    const replies = [
      ...[await say('owner', roomId), await say('owner', roomId)],
      ...[await say('admin', roomId), await say('admin', roomId)],
      ...[await master(), await master()],
    ];

    expect(replies.map(gist)).toEqual(Array(6).fill('201'));
  });

  it('never meets a retry, under a clientMessageId or an Idempotency-Key', async () => {
    const roomId = await slowRoom();
    const first = await say('member', roomId, { clientMessageId: 'once' });
    const again = await say('member', roomId, { clientMessageId: 'once' });

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect(gist(await say('member', roomId, { clientMessageId: 'twice' }))).toBe('429 slow_mode');
  });

  it('lets one of many through that are sent at once', async () => {
    const roomId = await slowRoom();

    const gists = (await Promise.all(Array.from({ length: 20 }, () => say('member', roomId)))).map(gist).sort();

    expect(gists).toEqual(['201', ...Array<string>(19).fill('429 slow_mode')]);
    expect(await feedOf(cast.member.api, roomId)).toHaveLength(2);
  });

  it('is over when its time is, counts from the last message even if it was turned on since, and can be turned off', async () => {
    const roomId = await cast.room();
    const turn = (slowModeSeconds: number | null) =>
      cast.owner.api.patch(`/rooms/${roomId}`, { settings: { slowModeSeconds } });
    await say('member', roomId);

    await turn(600);
    const refused = gist(await say('member', roomId));
    await rows(app, `UPDATE room_members SET last_sent_at = last_sent_at - interval '601 seconds' WHERE room_id = $1`, [
      roomId,
    ]);
    const later = gist(await say('member', roomId));
    await turn(null);

    expect([refused, later, gist(await say('member', roomId))]).toEqual(['429 slow_mode', '201', '201']);
  });

  it.each(TRANSPORTS)('is a temporary refusal on %s', async (transport) => {
    const roomId = await slowRoom();
    const socket = await sockets.open(transport, app.url, cast.member.apiKey);
    await socket.command('message.send', { roomId, content: 'Hello' });

    const { error } = await socket.command('message.send', { roomId, content: 'Again' });

    expect(error).toMatchObject({ code: 'slow_mode', temporary: true });
    expect(error.retryAfterMs).toBeGreaterThan(500_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(600_000);
  });
});

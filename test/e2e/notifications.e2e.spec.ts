import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { aSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp({ MAIL_CATCHER_URL: `smtp://127.0.0.1:${mailbox.port}` });
  client = await aClient(app);
  await client.login('ann', { email: 'ann@example.com', displayName: 'Ann Lee' });
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const post = (wish: object, headers?: Record<string, string>) =>
  client.master.post('/notifications/send', wish, headers);
const inApp = (wish: object = {}): object => ({ websocket: { title: 'Hello', ...wish } });

describe('a notification by websocket and email in one call', () => {
  it('reaches a user on both, by the address that is known of the user', async () => {
    const { status, body } = await post({ to: { userId: 'ann' }, channels: { ...inApp(), email: anEmail() } });
    expect(status).toBe(202);
    expect(body).toEqual({
      id: expect.any(String),
      status: 'accepted',
      deliveries: [
        { id: expect.any(String), channel: 'websocket', recipient: 'ann', status: 'queued' },
        { id: expect.any(String), channel: 'email', recipient: 'ann@example.com', status: 'queued' },
      ],
    });

    const seen = await reached(client, body.id, 'completed');
    expect(seen.counts).toEqual({ total: 2, open: 0, failed: 0, skipped: 0 });
    expect(seen.deliveries.map(({ status: reachedStatus }) => reachedStatus)).toEqual(['sent', 'sent']);
    const mail = mailbox.received.find(({ recipients }) => recipients.includes('ann@example.com'));
    expect(mail?.mail.to).toMatchObject({ value: [{ address: 'ann@example.com', name: 'Ann Lee' }] });
  });

  it('gives each recipient its own outcome on each channel', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const foreignRoom = await aRoom(await aClient(app), { type: 'group', members: ['ann'] });
    const to = [
      { userId: 'ann' },
      { userId: 'nobody yet' },
      { email: 'eve@example.com' },
      { roomId },
      { roomId: foreignRoom },
    ];

    const { body } = await post({ to, channels: { ...inApp(), email: anEmail() } });

    expect(body.deliveries.map((d: object) => ({ ...d, id: undefined }))).toEqual([
      { channel: 'websocket', recipient: 'ann', status: 'queued' },
      { channel: 'email', recipient: 'ann@example.com', status: 'queued' },
      { channel: 'websocket', recipient: 'nobody yet', status: 'queued' },
      { channel: 'email', recipient: 'nobody yet', status: 'skipped', reason: 'no_address' },
      { channel: 'websocket', recipient: 'eve@example.com', status: 'skipped', reason: 'no_address' },
      { channel: 'email', recipient: 'eve@example.com', status: 'queued' },
      { channel: 'websocket', recipient: roomId, status: 'queued' },
      { channel: 'email', recipient: roomId, status: 'skipped', reason: 'no_address' },
      { channel: 'websocket', recipient: foreignRoom, status: 'skipped', reason: 'no_address' },
      { channel: 'email', recipient: foreignRoom, status: 'skipped', reason: 'no_address' },
    ]);
    const seen = await reached(client, body.id, 'completed');
    expect(seen.counts).toEqual({ total: 10, open: 0, failed: 0, skipped: 5 });
  });

  it('is refused when nobody has an address on any channel', async () => {
    const { status, body } = await post({ to: [{ userId: 'ghost' }], channels: { email: anEmail() } });

    expect(status).toBe(422);
    expect(body.code).toBe('no_recipient');
    await expect(client.master.get('/notifications?recipient=ghost')).resolves.toMatchObject({ body: { data: [] } });
  });
});

describe('what may be sent', () => {
  const to = { email: 'ann@example.com' };
  const email = (wish: object) => ({ to, channels: { email: anEmail(wish) } });
  const attachment = { name: 'a.txt', contentType: 'text/plain', content: 'aGVsbG8=' };

  it.each<[string, object, string]>([
    ['no recipient', { to: [], channels: inApp() }, '/to'],
    ['1,001 recipients', { to: new Array(1_001).fill(to), channels: inApp() }, '/to'],
    [
      'a recipient with two addresses',
      { to: [to, { userId: 'ann', email: 'ann@example.com' }], channels: inApp() },
      '/to/1',
    ],
    ['a recipient with none', { to: [{}], channels: inApp() }, '/to/0'],
    ['a recipient that is a text', { to: ['ann'], channels: inApp() }, '/to/0'],
    ['an unknown field of a recipient', { to: [{ userId: 'ann', fax: '1' }], channels: inApp() }, '/to/0/fax'],
    ['no channel', { to, channels: {} }, '/channels'],
    ['an unknown channel', { to, channels: { pigeon: {} } }, '/channels/pigeon'],
    ['an unknown field', { to, channels: inApp(), colour: 'red' }, '/colour'],
    ['a mail without a body', { to, channels: { email: { subject: 'Hi' } } }, '/channels/email'],
    ['a mail without a subject', { to, channels: { email: { text: 'Hi' } } }, '/channels/email/subject'],
    ['a subject of two lines', email({ subject: 'Hi\r\nBcc: eve@example.com' }), '/channels/email/subject'],
    ['a bad sender', email({ from: 'shop' }), '/channels/email/from'],
    ['a bad copy', email({ cc: ['bob@example.com', 'eve'] }), '/channels/email/cc'],
    ['a header that addresses', email({ headers: { Bcc: 'eve@example.com' } }), '/channels/email/headers'],
    ['a header of two lines', email({ headers: { 'X-A': 'b\nBcc: eve@example.com' } }), '/channels/email/headers'],
    [
      'an attachment with a path',
      email({ attachments: [{ ...attachment, path: '/etc/passwd' }] }),
      '/channels/email/attachments/0/path',
    ],
    [
      'an attachment that is no base64',
      email({ attachments: [{ ...attachment, content: '%%' }] }),
      '/channels/email/attachments/0/content',
    ],
    ['a time that is none', { to, channels: inApp(), sendAt: 'tomorrow' }, '/sendAt'],
    [
      'an end before the beginning',
      { to, channels: inApp(), sendAt: '2999-01-02T00:00:00Z', expiresAt: '2999-01-01T00:00:00Z' },
      '/expiresAt',
    ],
    ['a priority of its own', { to, channels: inApp(), priority: 'urgent' }, '/priority'],
    ['a NUL', { to, channels: inApp({ title: 'a\0b' }) }, '/channels/websocket/title'],
  ])('is not %s', async (_what, wish, pointer) => {
    const { status, body } = await post(wish);

    expect(status).toBe(400);
    expect(body.code).toBe('validation_failed');
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });

  it('is told with every fault at once', async () => {
    const { body } = await post({ to: [{ email: 'x' }], channels: { email: { subject: '' } }, priority: 'urgent' });

    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual(
      expect.arrayContaining(['/to/0/email', '/channels/email/subject', '/priority']),
    );
  });
});

describe('an address', () => {
  const hostile = [
    'a@x.test(c)evil.com',
    '"a@evil.com x"@ok.test',
    '"quoted"@ok.test',
    'a@ok.test\r\nRCPT TO:<e@evil.test>',
    'a@ok.test>,<e@evil.test',
    'a@ok.test, e@evil.test',
    'Ann <a@ok.test>',
    'a(comment)@ok.test',
    'a@[127.0.0.1]',
    '@relay.test:a@ok.test',
    'group:a@ok.test;',
    'a@ok.test\0',
    'ä@ok.test',
    `${'('.repeat(100_000)}a@ok.test`,
  ];

  it.each(hostile)('is refused, or is the one address that is offered: %#', async (address) => {
    const begun = performance.now();
    const replies = await Promise.all([
      post({ to: { email: address }, channels: { email: anEmail() } }),
      post({ to: { email: 'ok@ok.test' }, channels: { email: anEmail({ cc: [address] }) } }),
      post({ to: { email: 'ok@ok.test' }, channels: { email: anEmail({ from: address }) } }),
      client.master.post('/auth/login', { userId: 'mallory', email: address }),
    ]);

    expect(replies.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(mailbox.offered.filter((offered) => /evil/.test(offered))).toEqual([]);
  });

  it.each(["o'hara+tag@sub.example.com", 'a.b-c_d@example.co', '!#$%&*/=?^`{|}~@example.com'])(
    'that is odd and well-formed arrives as it is: %s',
    async (address) => {
      const id = await send(client, { to: { email: address }, channels: { email: anEmail() } });
      await reached(client, id, 'completed');

      expect(mailbox.received.at(-1)?.recipients).toEqual([address]);
    },
  );
});

describe('many recipients', () => {
  it('are counted instead of listed when there are over 100, and paged', async () => {
    const to = Array.from({ length: 1_000 }, (_none, n) => ({ userId: `user ${n}` }));

    const { status, body } = await post({ to, channels: inApp() });
    expect(status).toBe(202);
    expect(body).toEqual({ id: expect.any(String), status: 'accepted', deliveryCount: 1_000 });

    const seen = await reached(client, body.id, 'completed');
    expect(seen.counts).toMatchObject({ total: 1_000, open: 0 });
    expect(seen.deliveries).toHaveLength(100);
    const recipients: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await client.master.get(
        `/notifications/${body.id}/deliveries?limit=100${cursor && `&cursor=${cursor}`}`,
      );
      recipients.push(...page.body.data.map(({ recipient }: { recipient: string }) => recipient));
      cursor = page.body.nextCursor;
    }
    expect(recipients.sort()).toEqual(to.map(({ userId }) => userId).sort());
  });
});

describe('time', () => {
  it('holds a notification until its sendAt', async () => {
    const sendAt = new Date(Date.now() + 4_000).toISOString();
    const { body } = await post({ to: { userId: 'ann' }, channels: inApp(), sendAt });
    expect(body).toMatchObject({ status: 'scheduled', deliveries: [{ status: 'pending' }] });
    await expect(notificationOf(client, body.id)).resolves.toMatchObject({ status: 'scheduled', sendAt });

    await reached(client, body.id, 'completed');

    const attempt = (await timelineOf(client, body.id)).find(({ type }) => type === 'attempt');
    expect(Date.parse(attempt?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(sendAt));
  });

  it('ends a notification as expired within 5 s, wherever it waits', async () => {
    mailbox.behave((recipient) => (recipient === 'busy@example.com' ? { code: 450, text: 'busy' } : undefined));
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const id = await send(client, { to: { email: 'busy@example.com' }, channels: { email: anEmail() }, expiresAt });
    await deliveryReached(client, id, 'retrying');
    await expect(notificationOf(client, id)).resolves.toMatchObject({ status: 'processing' });

    const seen = await reached(client, id, 'expired');

    expect(Date.now() - Date.parse(expiresAt)).toBeLessThan(5_000);
    expect(seen.deliveries[0]).toMatchObject({ status: 'expired', reason: 'expired', attempts: 1 });
    expect((await timelineOf(client, id)).map(({ type }) => type)).toEqual([
      'accepted',
      'attempt',
      'expired',
      'completed',
    ]);
  });
});

describe('a test notification', () => {
  it('goes all the way but to the provider', async () => {
    const id = await send(client, { to: [{ email: 'test@example.com' }], channels: { email: anEmail() }, test: true });

    const seen = await reached(client, id, 'completed');

    expect(seen.deliveries[0]).toMatchObject({ status: 'simulated', reason: null });
    expect(mailbox.offered).not.toContain('test@example.com');
  });
});

describe('an Idempotency-Key', () => {
  const wish = { to: { userId: 'ann' }, channels: inApp() };

  it('brings the first answer again for the same body, and refuses another', async () => {
    const first = await post(wish, { 'Idempotency-Key': 'order 1' });
    const again = await post(wish, { 'Idempotency-Key': 'order 1' });
    const other = await post({ ...wish, priority: 'high' }, { 'Idempotency-Key': 'order 1' });

    expect(again).toMatchObject({ status: 202, body: first.body });
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  });

  it('makes one notification of 100 parallel twins', async () => {
    const twin = async () => {
      for (;;) {
        const reply = await post({ ...wish, tags: ['twin'] }, { 'Idempotency-Key': 'twins' });
        if (reply.status === 202) return reply.body;
        expect(reply).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
        await pause(Number(reply.headers.get('Retry-After')) * 1_000);
      }
    };

    const bodies = await Promise.all(Array.from({ length: 100 }, twin));

    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect((await client.master.get('/notifications?tag=twin')).body.data).toHaveLength(1);
  });

  it('is the client’s own', async () => {
    const mine = await post(wish, { 'Idempotency-Key': 'shared' });
    const theirs = await (await aClient(app)).master.post('/notifications/send', wish, { 'Idempotency-Key': 'shared' });

    expect(theirs.status).toBe(202);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });
});

describe('the list of notifications', () => {
  let own: TestClient;
  let ids: string[];

  beforeAll(async () => {
    own = await aClient(app);
    ids = [];
    for (let n = 0; n < 5; n++) {
      const channels = n % 2 === 0 ? inApp() : { email: anEmail() };
      const to = n % 2 === 0 ? { userId: `u${n}` } : { email: `u${n}@example.com` };
      ids.push(await send(own, { to, channels, tags: [`n${n}`, 'all'] }));
    }
    for (const id of ids) await reached(own, id, 'completed');
  });

  const idsOf = async (query: string): Promise<string[]> => {
    const { status, body } = await own.master.get(`/notifications?${query}`);
    expect(status).toBe(200);
    return body.data.map(({ id }: { id: string }) => id);
  };

  it('is newest first, in pages that join without a gap', async () => {
    const first = (await own.master.get('/notifications?limit=2')).body;
    await send(own, { to: { userId: 'late' }, channels: inApp() });
    const second = (await own.master.get(`/notifications?limit=2&cursor=${first.nextCursor}`)).body;
    const third = (await own.master.get(`/notifications?limit=2&cursor=${second.nextCursor}`)).body;

    expect([...first.data, ...second.data, ...third.data].map(({ id }) => id)).toEqual([...ids].reverse());
    expect(third.nextCursor).toBeNull();
  });

  it('is filtered by tag, channel, recipient, status and time', async () => {
    const [one = '', two = '', , four = ''] = ids;
    await expect(idsOf('tag=n0')).resolves.toEqual([one]);
    await expect(idsOf('channel=email')).resolves.toEqual([four, two]);
    await expect(idsOf('recipient=u1@example.com')).resolves.toEqual([two]);
    await expect(idsOf('recipient=u0')).resolves.toEqual([one]);
    await expect(idsOf('status=failed')).resolves.toEqual([]);
    await expect(idsOf('tag=all&status=completed')).resolves.toEqual([...ids].reverse());
    await expect(idsOf('from=2999-01-01T00:00:00Z')).resolves.toEqual([]);
    await expect(idsOf('tag=all&to=2999-01-01T00:00:00Z')).resolves.toHaveLength(5);
  });

  it.each(['limit=0', 'limit=101', 'cursor=nonsense', 'status=gone', 'channel=fax', 'from=today', 'colour=red'])(
    'refuses %s',
    async (query) => expect((await own.master.get(`/notifications?${query}`)).status).toBe(400),
  );
});

describe('the timeline', () => {
  it('tells of the acceptance, each attempt and the completion, page by page', async () => {
    const id = await send(client, { to: { email: 'time@example.com' }, channels: { email: anEmail() } });
    await reached(client, id, 'completed');

    const entries = await timelineOf(client, id);
    expect(entries.map(({ type, status }) => [type, status])).toEqual([
      ['accepted', 'accepted'],
      ['attempt', 'sent'],
      ['completed', 'completed'],
    ]);
    expect(entries[1]).toMatchObject({
      channel: 'email',
      attempt: 1,
      durationMs: expect.any(Number),
      detail: expect.stringMatching(/^250 /),
    });

    const many = await send(client, { to: ['a', 'b', 'c'].map((userId) => ({ userId })), channels: inApp() });
    await reached(client, many, 'completed');
    const pages: string[][] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await client.master.get(`/notifications/${many}/events?limit=2${cursor && `&cursor=${cursor}`}`);
      pages.push(page.body.data.map(({ type }: { type: string }) => type));
      cursor = page.body.nextCursor;
    }
    expect(pages).toEqual([
      ['accepted', 'attempt', 'attempt'],
      ['attempt', 'completed'],
    ]);
  });

  it('shows an attempt that is under way', async () => {
    mailbox.behave((recipient) => (recipient === 'slow@example.com' ? 'hang' : undefined));
    const id = await send(client, { to: { email: 'slow@example.com' }, channels: { email: anEmail() } });

    await eventually(async () => (await timelineOf(client, id)).some(({ status }) => status === 'sending'));

    const entries = await timelineOf(client, id);
    expect(entries.at(-1)).toMatchObject({ type: 'attempt', status: 'sending', attempt: 1, channel: 'email' });
    expect(entries.at(-1)).not.toHaveProperty('detail');
    mailbox.behave(() => undefined);
  });
});

describe('another client', () => {
  it('has its own users of the same names, and sees nothing of ours', async () => {
    const other = await aClient(app);
    const id = await send(client, { to: { userId: 'ann' }, channels: { ...inApp(), email: anEmail() } });
    const random = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';

    for (const path of ['', '/events', '/deliveries']) {
      const foreign = await other.master.get(`/notifications/${id}${path}`);
      const nowhere = await other.master.get(`/notifications/${random}${path}`);
      const shape = ({ status, body }: typeof foreign) => [status, { ...body, requestId: '' }];
      expect(foreign.status).toBe(404);
      expect(shape(foreign)).toEqual(shape(nowhere));
    }
    await expect(other.master.get('/notifications')).resolves.toMatchObject({ body: { data: [] } });
    await expect(
      other.master.post('/notifications/send', { to: { userId: 'ann' }, channels: { email: anEmail() } }),
    ).resolves.toMatchObject({ status: 422 });
  });

  it('does not hear our notifications on its sockets', async () => {
    const other = await aClient(app);
    const theirs = await aSocket('raw', app.url, (await other.login('ann')).apiKey);
    const ours = await aSocket('raw', app.url, (await client.login('ann', { device: 'phone' })).apiKey);

    await send(client, { to: { userId: 'ann' }, channels: inApp() });
    await ours.hears('notification.created');
    const id = await send(other, { to: { userId: 'ann' }, channels: inApp({ title: 'Mine' }) });
    await theirs.hears('notification.created');

    expect(theirs.of('notification.created')).toHaveLength(1);
    expect(theirs.of('notification.created')[0]?.data).toMatchObject({ notificationId: id, title: 'Mine' });
    theirs.close();
    ours.close();
  });
});

describe('scopes', () => {
  it('bind sending and reading', async () => {
    const none = (await client.login('limited')).api;
    const reader = (await client.login('reader', { scopes: ['notifications:read'] })).api;
    const writer = (await client.login('writer', { scopes: ['notifications:write'] })).api;
    const wish = { to: { userId: 'ann' }, channels: inApp() };

    expect(await none.post('/notifications/send', wish)).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
    expect(await none.get('/notifications')).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    expect(await reader.post('/notifications/send', wish)).toMatchObject({ status: 403 });
    expect(await reader.get('/notifications')).toMatchObject({ status: 200 });
    expect(await writer.post('/notifications/send', wish)).toMatchObject({ status: 202 });
    expect(await writer.get('/notifications')).toMatchObject({ status: 403 });
  });
});

describe.each(TRANSPORTS)('in the app, over %s', (transport) => {
  it('comes live under the id of its delivery, and is delivered when a socket took it', async () => {
    const user = await client.login(`live on ${transport}`);
    const socket = await aSocket(transport, app.url, user.apiKey);
    const id = await send(client, {
      to: { userId: user.userId },
      channels: { websocket: { event: 'order.confirmed', title: 'Order', body: 'Packed', data: { order: 4711 } } },
    });

    const { data } = await socket.hears('notification.created');
    const delivery = await deliveryReached(client, id, 'delivered');

    expect(data).toMatchObject({
      id: delivery.id,
      notificationId: id,
      title: 'Order',
      body: 'Packed',
      data: { order: 4711, event: 'order.confirmed' },
    });
    expect(delivery).toMatchObject({ sentAt: expect.any(String), deliveredAt: expect.any(String) });
    await expect(timelineOf(client, id)).resolves.toContainEqual(
      expect.objectContaining({ type: 'delivered', deliveryId: delivery.id }),
    );
    socket.close();
  });

  it('comes to the sockets in a room', async () => {
    const user = await client.login(`in a room on ${transport}`);
    const roomId = await aRoom(client, { type: 'group', members: [user.userId] });
    const socket = await aSocket(transport, app.url, user.apiKey);
    const id = await send(client, { to: { roomId }, channels: inApp() });

    await expect(socket.hears('notification.created')).resolves.toMatchObject({ roomId, data: { notificationId: id } });
    await deliveryReached(client, id, 'delivered');
    socket.close();
  });
});

describe('in the app, with no socket', () => {
  it('stays sent', async () => {
    const id = await send(client, { to: { userId: 'away' }, channels: inApp() });

    await expect(reached(client, id, 'completed')).resolves.toMatchObject({ deliveries: [{ status: 'sent' }] });
  });
});

describe('priorities', () => {
  it('are accepted, and kept', async () => {
    for (const priority of ['high', 'normal', 'low']) {
      const id = await send(client, { to: { userId: 'ann' }, channels: inApp(), priority });
      await expect(reached(client, id, 'completed')).resolves.toMatchObject({ priority });
    }
  });
});

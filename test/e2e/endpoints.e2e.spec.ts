import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { MESSAGE_OUTBOUND } from '../../src/modules/messages/messages.events.js';
import { ROOM_OUTBOUND } from '../../src/modules/rooms/rooms.events.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEndpoint, declare, tell } from '../builders/endpoints.js';
import { aReceiver, type Received, type Receiver } from '../fakes/receiver.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

let app: TestApp;
let receiver: Receiver;
let client: TestClient;

beforeAll(async () => {
  receiver = await aReceiver();
  app = await anApp({ WORK_LEASE_SECONDS: '10' });
  declare(app, ROOM_OUTBOUND, MESSAGE_OUTBOUND);
}, 60_000);

afterAll(async () => {
  await app.close();
  await receiver.close();
});

beforeEach(async () => {
  client = await aClient(app);
  receiver.behave();
  receiver.calls.length = 0;
});

const came = (path: string, count: number): Promise<Received[]> =>
  eventually(() => receiver.received(path).length >= count && receiver.received(path));

describe('an endpoint', () => {
  it('is added with its secret, which is shown once', async () => {
    const wish = {
      ...{ url: 'https://example.com/hook?token=1', eventTypes: ['message.*', 'room.created', 'message.*'] },
      ...{ description: 'Ours', headers: { Authorization: 'Bearer abcdefgh' }, limits: { perSecond: 5 } },
      ...{ payload: 'thin', filter: "data.type == 'text'" },
    };
    const { status, body } = await client.master.post('/webhooks/endpoints', wish);

    expect(status).toBe(201);
    const { secret, ...endpoint } = body as { secret: string; id: string };
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(endpoint).toEqual({
      ...{ id: expect.any(String), url: wish.url, eventTypes: ['message.*', 'room.created'], description: 'Ours' },
      ...{ headers: { Authorization: '••••' }, limits: { perSecond: 5, inFlight: 10 }, payload: 'thin' },
      ...{
        filter: wish.filter,
        status: 'active',
        enabled: true,
        disabledReason: null,
        disabledAt: null,
        failingSince: null,
      },
      ...{ createdAt: expect.any(String), updatedAt: expect.any(String) },
    });
    expect((await client.master.get(`/webhooks/endpoints/${endpoint.id}`)).body).toEqual(endpoint);
    expect((await client.master.get('/webhooks/endpoints')).body).toEqual({ data: [endpoint], nextCursor: null });
  });

  it('takes a secret of the caller’s, and gives the same answer to the same Idempotency-Key', async () => {
    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    const once = { 'Idempotency-Key': randomUUID() };
    const wish = { url: 'https://example.com', eventTypes: ['*'], secret };
    const first = await client.master.post('/webhooks/endpoints', wish, once);
    const again = await client.master.post('/webhooks/endpoints', wish, once);

    expect(first.body.secret).toBe(secret);
    expect(again.body).toEqual(first.body);
    expect((await client.master.get('/webhooks/endpoints')).body.data).toHaveLength(1);
  });

  it.each<[object, string, string]>([
    [{ url: 'ftp://example.com' }, '/url', 'is_url'],
    [{ url: 'https://user:secret@example.com' }, '/url', 'is_url'],
    [{ url: 'http://10.0.0.1/x' }, '/url', 'refused_address'],
    [{ url: 'http://[::1]:80/x' }, '/url', 'refused_address'],
    [{ url: 'http://169.254.169.254/latest' }, '/url', 'refused_address'],
    [{ eventTypes: [] }, '/eventTypes', 'array_min_size'],
    [{ eventTypes: ['*', 'mesage.*'] }, '/eventTypes/1', 'unknown_event_type'],
    [{ eventTypes: ['message.created', 'no.such'] }, '/eventTypes/1', 'unknown_event_type'],
    [{ headers: { 'Webhook-Id': 'x' } }, '/headers/Webhook-Id', 'reserved_header'],
    [{ headers: { 'x-a': 'b\r\nc: d' } }, '/headers/x-a', 'header_value'],
    [{ filter: 'data[?' }, '/filter', 'expression'],
    [{ filter: 'nope(data)' }, '/filter', 'expression'],
    [{ limits: { inFlight: 0 } }, '/limits/inFlight', 'min'],
    [{ secret: `whsec_${Buffer.alloc(23).toString('base64')}xxxxxx` }, '/secret', 'webhook_secret'],
    [{ secret: `whsec_${Buffer.alloc(65).toString('base64')}` }, '/secret', 'webhook_secret'],
    [{ payload: 'fat' }, '/payload', 'is_in'],
  ])('is not added with %j', async (wish, pointer, code) => {
    const fine = { url: 'https://example.com/hook', eventTypes: ['*'] };
    const { status, body } = await client.master.post('/webhooks/endpoints', { ...fine, ...wish });

    expect(status).toBe(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ pointer, code }));
    if (code === 'unknown_event_type') expect(body.errors[0].message).toContain('message.created');
  });

  it('is one of fifty at most', async () => {
    await Promise.all(Array.from({ length: 55 }, () => client.master.post('/webhooks/endpoints', ONE)));
    const { status, body } = await client.master.post('/webhooks/endpoints', ONE);

    expect([status, body.code, body.limit]).toEqual([409, 'too_many_endpoints', 50]);
    expect((await client.master.get('/webhooks/endpoints?limit=100')).body.data).toHaveLength(50);
  });

  it('is changed in what is sent, and keeps its headers where they come back masked', async () => {
    const path = `/${randomUUID()}`;
    const { id } = await anEndpoint(client, `${receiver.url}${path}`, {
      headers: { 'x-one': 'the first value', 'x-two': 'the second value' },
    });
    const { master } = client;

    const changed = await master.patch(`/webhooks/endpoints/${id}`, { description: 'Renamed' });
    expect(changed.body).toMatchObject({ description: 'Renamed', headers: { 'x-one': '••••', 'x-two': '••••' } });
    await master.patch(`/webhooks/endpoints/${id}`, { headers: { 'x-one': '••••', 'x-three': 'another' } });
    await master.post(`/webhooks/endpoints/${id}/test`, {});

    const [got] = await came(path, 1);
    expect(got?.call.headers).toMatchObject({ 'x-one': 'the first value', 'x-three': 'another' });
    expect(got?.call.headers).not.toHaveProperty('x-two');
  });

  it('is removed, with what it was to be told', async () => {
    const path = `/${randomUUID()}`;
    const { id } = await anEndpoint(client, `${receiver.url}${path}`);
    expect((await client.master.delete(`/webhooks/endpoints/${id}`)).status).toBe(204);
    await tell(app, client, {});

    expect((await client.master.get(`/webhooks/endpoints/${id}`)).status).toBe(404);
    expect((await client.master.delete(`/webhooks/endpoints/${id}`)).status).toBe(404);
    expect((await client.master.get('/webhooks/endpoints')).body.data).toEqual([]);
    expect(receiver.received(path)).toEqual([]);
  });

  it('is the client’s own', async () => {
    const { id } = await anEndpoint(client, `${receiver.url}/own`);
    const other = await aClient(app);
    const asked = [
      other.master.get(`/webhooks/endpoints/${id}`),
      other.master.patch(`/webhooks/endpoints/${id}`, { description: 'x' }),
      other.master.delete(`/webhooks/endpoints/${id}`),
      other.master.post(`/webhooks/endpoints/${id}/test`, {}),
      other.master.post(`/webhooks/endpoints/${id}/rotate-secret`, {}),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
  });
});

const ONE = { url: 'https://example.com/hook', eventTypes: ['*'] };

describe('a call', () => {
  it('is signed so that other people’s code verifies it, says what happened, and where', async () => {
    const path = `/${randomUUID()}`;
    const { secret } = await anEndpoint(client, `${receiver.url}${path}`);
    const roomId = randomUUID();
    const at = new Date('2026-11-24T09:30:00.123Z');
    await tell(app, client, { at, room: { id: roomId, offset: 7 }, hops: 2, data: { id: 'm-1', content: 'Grüße 👍' } });

    const [got] = await came(path, 1);
    const { call, body } = got!;
    expect(body).toEqual({
      ...{ id: call.headers['webhook-id'], type: 'message.created', timestamp: at.toISOString(), roomId, sequence: 7 },
      data: { id: 'm-1', content: 'Grüße 👍' },
    });
    expect(call).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-chatapi-hops': '2' },
    });
    for (const other of [new StandardWebhook(secret), new SvixWebhook(secret)])
      expect(other.verify(call.body.toString(), call.headers)).toEqual(body);
    const changed = call.body.toString().replace('m-1', 'm-2');
    expect(() => new StandardWebhook(secret).verify(changed, call.headers)).toThrow();
    expect(() => new StandardWebhook(aSecret()).verify(call.body.toString(), call.headers)).toThrow();
  });

  it('is verified by each secret while they overlap, and then by the new one alone', async () => {
    const path = `/${randomUUID()}`;
    const { id, secret } = await anEndpoint(client, `${receiver.url}${path}`);
    const rotate = `/webhooks/endpoints/${id}/rotate-secret`;
    const second = (await client.master.post(rotate, { overlapSeconds: 3_600 })).body.secret as string;
    await tell(app, client, {});

    const [got] = await came(path, 1);
    expect(got?.call.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const each of [secret, second])
      for (const Webhook of [StandardWebhook, SvixWebhook])
        expect(new Webhook(each).verify(got!.call.body.toString(), got!.call.headers)).toEqual(got!.body);

    const third = (await client.master.post(rotate, { overlapSeconds: 0 })).body.secret as string;
    await tell(app, client, {});
    const [, next] = await came(path, 2);
    expect(new StandardWebhook(third).verify(next!.call.body.toString(), next!.call.headers)).toEqual(next!.body);
    for (const old of [secret, second])
      expect(() => new StandardWebhook(old).verify(next!.call.body.toString(), next!.call.headers)).toThrow();
    expect((await client.master.post(rotate, { overlapSeconds: 604_801 })).body.errors[0].pointer).toBe(
      '/overlapSeconds',
    );
  });

  it('goes to the endpoints that want it, each event under one id', async () => {
    const wants = {
      all: ['*'],
      messages: ['message.*'],
      created: ['message.created', 'room.created'],
      rooms: ['room.*'],
    };
    for (const [name, eventTypes] of Object.entries(wants))
      await anEndpoint(client, `${receiver.url}/${client.id}/${name}`, { eventTypes });
    await tell(app, client, { type: 'message.created' }, { type: 'room.created' }, { type: 'message.updated' });

    const typesAt = (name: string) =>
      receiver
        .received(`/${client.id}/${name}`)
        .map(({ type }) => type)
        .sort();
    await eventually(() => receiver.calls.length >= 8);
    expect({ ...Object.fromEntries(Object.keys(wants).map((name) => [name, typesAt(name)])) }).toEqual({
      all: ['message.created', 'message.updated', 'room.created'],
      messages: ['message.created', 'message.updated'],
      created: ['message.created', 'room.created'],
      rooms: ['room.created'],
    });
    expect(new Set(receiver.received().map(({ id }) => id)).size).toBe(3);
  });

  it('has ids only where that is asked for, or the data is too long, which it says', async () => {
    const path = `/${randomUUID()}`;
    await anEndpoint(client, `${receiver.url}${path}/thin`, { payload: 'thin' });
    await anEndpoint(client, `${receiver.url}${path}/full`);
    await tell(app, client, { data: { id: 'short', content: 'x', senderId: 'ann' } });
    await tell(app, client, { data: { id: 'long', content: 'x'.repeat(262_144) } });

    const dataAt = async (name: string) =>
      Object.fromEntries(
        (await came(`${path}/${name}`, 2)).map(({ body: { data, truncated } }) => [
          (data as { id: string }).id,
          { data, truncated },
        ]),
      );
    expect(await dataAt('thin')).toEqual({
      short: { data: { id: 'short', senderId: 'ann' } },
      long: { data: { id: 'long' }, truncated: true },
    });
    expect(await dataAt('full')).toEqual({
      short: { data: { id: 'short', content: 'x', senderId: 'ann' } },
      long: { data: { id: 'long' }, truncated: true },
    });
  });
});

const aSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

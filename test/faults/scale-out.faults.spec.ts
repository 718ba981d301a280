import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { aProvider } from '../builders/providers.js';
import { Api } from '../support/api.js';
import { anEnvironment } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { anNginx, NGINX_MS, type Nginx } from '../support/nginx.js';
import { rows } from '../support/rows.js';
import { aProcess, type TestProcess } from '../support/processes.js';
import { aSocket, type Heard, type TestSocket, TRANSPORTS, type TransportName } from '../support/sockets.js';

const WITHOUT_LIMITS = { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000, commandsPerSecond: 100_000 };
const SENDERS = 6;
const EACH_TIME_AT_LEAST = 100;

let environment: NodeJS.ProcessEnv;
let apis: TestProcess[];
let workers: TestProcess[];
let nginx: Nginx;
let client: TestClient;
/** Calls go through nginx. */
let master: Api;

beforeAll(async () => {
  environment = await anEnvironment({ TRUST_PROXY: '1', DRAIN_SECONDS: '2', LINGER_SECONDS: '1' });
  const run = (ROLE: string) => aProcess({ ...environment, ROLE });
  [apis, workers] = await Promise.all([
    Promise.all([run('api'), run('api')]),
    Promise.all([run('worker'), run('worker')]),
  ]);
  nginx = await anNginx(apis);
  const [{ operator }] = apis as [TestProcess];
  client = await aClient(
    { operator, api: (key = '') => new Api(nginx.url, { Authorization: `Bearer ${key}` }) },
    { settings: { limits: WITHOUT_LIMITS } },
  );
  master = client.master;
  await aProvider(client, 'simulator', { channel: 'email' });
}, NGINX_MS);

afterAll(async () => {
  await nginx.close();
  await Promise.all([...apis, ...workers].map((process) => process.kill()));
});

describe('two API and two worker processes behind nginx', () => {
  it('share the requests, and each caller is who nginx saw, whatever they say of themselves', async () => {
    for (let n = 0; n < 10; n++)
      expect((await master.with({ 'X-Forwarded-For': `203.0.113.${n}` }).get('/clients/me')).status).toBe(200);
    const shares = apis.map(({ url }) => nginx.shares()[new URL(url).host]);

    for (const share of shares) expect(share).toBeGreaterThanOrEqual(5);
    const key = await master.post('/clients/me/keys', { name: 'here', type: 'master', allowedIps: ['203.0.113.7'] });
    const here = new Api(nginx.url, { 'X-API-Key': key.body.key as string, 'X-Forwarded-For': '203.0.113.7' });
    expect((await here.get('/clients/me')).status).toBe(403);
  });

  it('are restarted one after the other under load: no request fails, no message is lost', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob', 'cy'] });
    const followers = await Promise.all(
      TRANSPORTS.map(async (transport, n) => {
        const { apiKey } = await client.login(['bob', 'cy'][n]!);
        return Follower.of(transport, apiKey, roomId);
      }),
    );
    const load = new Load(roomId);

    for (const at of [0, 1]) {
      await load.goesOn();
      await Promise.all([restarted(at), workerRestarted(at)]);
    }
    await load.goesOn();
    await load.end();

    expect(load.refused).toEqual([]);
    const stored = await messagesOf(roomId);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, n) => n + 1));
    expect(stored.map(({ id }) => id).sort()).toEqual([...load.messages].sort());
    for (const follower of followers) {
      const heard = await follower.caughtUp(stored.length);
      expect(heard).toEqual(stored.map(({ id }) => id));
    }
    expect(followers.map(({ opened }) => opened)).not.toContain(1);
    await eventually(async () => (await deliveries()).every(({ status }) => status === 'delivered'), {
      withinMs: 30_000,
    });
    expect(await deliveries()).toEqual([{ status: 'delivered', count: load.notifications }]);
  }, 120_000);
});

const deliveries = () =>
  rows<{ status: string; count: number }>(
    { environment },
    'SELECT status, count(*)::int AS count FROM deliveries GROUP BY status',
  );

/** As docs/deployment.md says: nginx is told, the process is stopped, another is started in its place, nginx is told. */
async function restarted(at: number): Promise<void> {
  await nginx.takeOut(apis[at]!);
  expect(await apis[at]!.stop()).toBe(0);
  apis[at] = await aProcess({ ...environment, ROLE: 'api', PORT: new URL(apis[at]!.url).port });
  await nginx.takeIn(apis[at]);
}

/** Nobody need be told of a worker. */
async function workerRestarted(at: number): Promise<void> {
  expect(await workers[at]!.stop()).toBe(0);
  workers[at] = await aProcess({ ...environment, ROLE: 'worker' });
}

/** Callers that ask once: what is not answered well is noted, and not asked again. */
class Load {
  readonly messages: string[] = [];
  readonly refused: string[] = [];
  notifications = 0;
  private isOver = false;
  private readonly ends: Promise<void>[];

  constructor(private readonly roomId: string) {
    this.ends = [
      ...Array.from({ length: SENDERS }, (_, who) => this.repeat((n) => this.say(`${who}-${n}`))),
      this.repeat(() => this.notify()),
    ];
  }

  /** Resolves when so much more has been answered. */
  async goesOn(): Promise<void> {
    const [messages, notifications] = [this.messages.length, this.notifications];
    await eventually(
      () => this.messages.length >= messages + EACH_TIME_AT_LEAST && this.notifications >= notifications + SENDERS,
      { withinMs: 30_000 },
    );
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.ends);
  }

  private async repeat(act: (n: number) => Promise<void>): Promise<void> {
    for (let n = 0; !this.isOver; n++)
      await act(n).catch((error: unknown) => this.refused.push(String(error).slice(0, 200)));
  }

  private async say(content: string): Promise<void> {
    const { status, text } = await post('/messages', { roomId: this.roomId, content });
    if (status === 201) this.messages.push((JSON.parse(text) as { id: string }).id);
    else this.refused.push(`${status} ${text}`);
  }

  private async notify(): Promise<void> {
    const channels = { email: { subject: 'Hello', text: 'Hello' } };
    const { status, text } = await post('/notifications/send', { to: { email: 'ann@simulator.test' }, channels });
    if (status === 202) this.notifications++;
    else this.refused.push(`${status} ${text}`);
  }
}

/** On a connection of its own: nginx closes idle ones when it reloads, which is between it and its callers. */
async function post(path: string, body: object): Promise<{ readonly status: number; readonly text: string }> {
  const headers = {
    Authorization: `Bearer ${client.masterKey}`,
    'X-User-Id': 'ann',
    'Content-Type': 'application/json',
  };
  const call = request(`${nginx.url}/api/v1${path}`, { method: 'POST', agent: false, headers });
  call.end(JSON.stringify(body));
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, text: await readText(answer) };
}

/** A socket through nginx that comes back whenever it is let go, and asks for what it missed. */
class Follower {
  opened = 0;
  private readonly ids: string[] = [];
  private isOver = false;
  private readonly end: Promise<void>;

  private constructor(
    private readonly transport: TransportName,
    private readonly apiKey: string,
    private readonly roomId: string,
    private offset: number,
  ) {
    this.end = this.follow();
  }

  static async of(transport: TransportName, apiKey: string, roomId: string): Promise<Follower> {
    const { body } = await master.get(`/rooms/${roomId}`);
    const follower = new Follower(transport, apiKey, roomId, body.head as number);
    await eventually(() => follower.opened === 1);
    return follower;
  }

  /** Ids of the messages in the order of the room, when there are so many. */
  async caughtUp(count: number): Promise<readonly string[]> {
    await eventually(() => this.ids.length >= count, { withinMs: 30_000 });
    this.isOver = true;
    await this.end;
    return this.ids;
  }

  private async follow(): Promise<void> {
    while (!this.isOver) {
      const socket = await aSocket(this.transport, nginx.url, this.apiKey).catch(() => undefined);
      if (socket) this.opened++;
      for (let n = 0; socket && !socket.closed && !this.isOver; n++) {
        if (n % 10 === 0) await Promise.race([this.sync(socket), untilClosed(socket)]);
        socket.durable.forEach((event) => this.apply(event));
        await pause(50);
      }
      socket?.close();
    }
  }

  private async sync(socket: TestSocket): Promise<void> {
    const { ok } = await socket.command('sync', { rooms: [{ roomId: this.roomId, offset: this.offset }] });
    for (const event of (ok?.rooms[0].events ?? []) as Heard[]) this.apply(event);
  }

  private apply({ ev, roomId, offset, data }: Heard): void {
    if (roomId !== this.roomId || offset !== this.offset + 1) return;
    this.offset = offset;
    if (ev === 'message.created') this.ids.push((data as { id: string }).id);
  }
}

async function untilClosed(socket: TestSocket): Promise<void> {
  while (!socket.closed) await pause(50);
}

async function messagesOf(roomId: string): Promise<{ id: string; seq: number }[]> {
  const found: { id: string; seq: number }[] = [];
  for (let after = 0; ; after = found.length) {
    const { body } = await master.get(`/messages?roomId=${roomId}&after=${after}&limit=100`);
    found.push(...(body.data as { id: string; seq: number }[]));
    if (body.data.length === 0) return found;
  }
}

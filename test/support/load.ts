import { setTimeout as pause } from 'node:timers/promises';
import { aRoom } from '../builders/clients.js';
import { anEmail } from '../builders/notifications.js';
import type { Installation } from './installation.js';
import { aSocket, type Heard, type TestSocket, type TransportName } from './sockets.js';

const ANSWER_WITHIN_MS = 5_000;
const BEFORE_RETRY_MS = 50;

interface Acknowledged {
  readonly clientMessageId: string;
  readonly id: string;
  readonly seq: number;
}

/**
 * What a busy customer does: three members talk in a room over REST and both sockets, and mails are sent, one after the
 * other each. Whoever gets no good answer asks again under the same id, until there is one.
 */
export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** Ids of accepted notifications. */
  readonly accepted: string[] = [];
  private readonly ends: Promise<void>[];
  private over = false;
  private abandoned = false;

  private constructor(
    private readonly house: Installation,
    private readonly name: string,
    readonly roomId: string,
    private readonly senders: readonly TestSocket[],
    readonly followers: readonly TestSocket[],
  ) {
    const [raw, socketIo] = senders;
    this.ends = [
      this.repeat((n) => this.say('rest', n, (message) => this.post(message))),
      this.repeat((n) => this.say('raw', n, (message) => this.command(raw, message))),
      this.repeat((n) => this.say('socket.io', n, (message) => this.command(socketIo, message))),
      this.repeat((n) => this.notify(n)),
    ];
  }

  static async start(house: Installation, name: string): Promise<Load> {
    const { client, api, otherApi } = house;
    const [rest, raw, socketIo, ear] = ['rest', 'raw', 'socket.io', 'ear'].map((who) => `${who} of ${name}`);
    const roomId = await aRoom(client, { type: 'group', members: [rest, raw, socketIo, ear] });
    const open = async (transport: TransportName, url: string, userId = '', device = 'default') =>
      aSocket(transport, url, (await client.login(userId, { device })).apiKey);
    const senders = [await open('raw', api.url, raw), await open('socket.io', api.url, socketIo)];
    const followers = [await open('raw', otherApi.url, ear), await open('socket.io', otherApi.url, ear, 'other')];
    return new Load(house, name, roomId, senders, followers);
  }

  /** Resolves when so much more has been answered, of each kind. */
  async goesOn(more: number): Promise<void> {
    const goal = { messages: this.acknowledged.length + 3 * more, mails: this.accepted.length + more };
    const isThere = () => this.acknowledged.length >= goal.messages && this.accepted.length >= goal.mails;
    while (!isThere() && !this.abandoned) await pause(BEFORE_RETRY_MS);
  }

  /** Lets each finish what it is at. */
  async end(): Promise<void> {
    this.over = true;
    await Promise.all(this.ends);
    this.senders.forEach((socket) => socket.close());
  }

  /** Stops where it is: for the end of a test that did not go well. */
  close(): Promise<void> {
    this.over = this.abandoned = true;
    for (const socket of [...this.senders, ...this.followers]) socket.close();
    return Promise.resolve();
  }

  private async repeat(act: (n: number) => Promise<void>): Promise<void> {
    for (let n = 1; !this.over; n++) await act(n).catch(() => undefined); // only of one that is abandoned
  }

  private async say(who: string, n: number, send: (message: object) => Promise<Acknowledged>): Promise<void> {
    const clientMessageId = `${this.name} ${who} ${n}`;
    const { id, seq } = await this.untilAnswered(() =>
      send({ roomId: this.roomId, content: `${who} ${n}`, clientMessageId }),
    );
    this.acknowledged.push({ clientMessageId, id, seq });
  }

  private async post(message: object): Promise<Acknowledged> {
    const reply = await this.house.client.master.as(`rest of ${this.name}`).post('/messages', message);
    if (reply.status > 201) throw new Error(`${reply.status}`);
    return reply.body as Acknowledged;
  }

  private async command(socket: TestSocket | undefined, message: object): Promise<Acknowledged> {
    const answer = await Promise.race([
      socket?.command('message.send', message),
      pause(ANSWER_WITHIN_MS, undefined, { ref: false }),
    ]);
    if (!answer?.ok) throw new Error(JSON.stringify(answer?.error ?? 'no answer'));
    return (answer.ok as { message: Acknowledged }).message;
  }

  private async notify(n: number): Promise<void> {
    const wish = { to: { email: `n${n}@${this.name}.example` }, channels: { email: anEmail({ subject: `${n}` }) } };
    const id = await this.untilAnswered(async () => {
      const headers = { 'Idempotency-Key': `${this.name} ${n}` };
      const { status, body } = await this.house.client.master.post('/notifications/send', wish, headers);
      if (status !== 202) throw new Error(`${status}`);
      return (body as { id: string }).id;
    });
    this.accepted.push(id);
  }

  private async untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.abandoned) throw error;
        await pause(BEFORE_RETRY_MS);
      }
    }
  }
}

/** All durable events of a room that a client has once it caught up: what was pushed without a gap, then what `sync` gives. */
export async function caughtUp(socket: TestSocket, roomId: string): Promise<Heard[]> {
  const events: Heard[] = [];
  const apply = (event: Heard): void => {
    if (event.offset === events.length + 1 + begun) events.push(event);
  };
  const [ready] = socket.of('ready');
  const rooms = (ready?.data as { rooms: { roomId: string; head: number }[] }).rooms;
  const begun = rooms.find((room) => room.roomId === roomId)?.head ?? 0;
  for (const push of socket.heard) if (push.roomId === roomId && push.offset !== undefined) apply(push);
  for (;;) {
    const { ok } = await socket.command('sync', { rooms: [{ roomId, offset: begun + events.length }] });
    const [answer] = (ok as { rooms: { recovered: boolean; events?: Heard[]; head: number; reason?: string }[] }).rooms;
    if (!answer?.recovered) throw new Error(`Not recovered: ${JSON.stringify(answer)}`);
    answer.events?.forEach(apply);
    if (begun + events.length === answer.head) return events;
  }
}

import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { aProvider } from '../builders/providers.js';
import { anFcm, type FakeFcm } from '../fakes/fcm.js';
import { aVendor, type Vendor } from '../fakes/vendor.js';
import type { Installation } from './installation.js';
import { isOfWebhook, type Pace, type Shop } from './storm-webhooks.js';

const BEFORE_RETRY_MS = 100;
const DEVICES = 5;
const BLACK_HOLE_MS = 4_000;
const REDIS_AWAY_MS = 2_000;
const REDIS_FROZEN_MS = 2_500;
const POSTGRES_AWAY_MS = 500;
const BETWEEN_FAULTS_MS = 1_500;

/** A repeatable choice of numbers: the same seed gives the same storm. */
export function randomOf(seed: string): () => number {
  let n = 0;
  return () => createHash('sha256').update(`${seed} ${n++}`).digest().readUInt32BE() / 2 ** 32;
}

/** What reached somebody: the delivery that it says it is, and what was in it. */
export interface Seen {
  readonly deliveryId: string;
  /** The number that its notification was accepted with. */
  readonly said: string;
}

/** Where everything arrives; they tell what came, whatever the database says. */
export class Sinks {
  private readonly webhooks: Seen[] = [];

  private constructor(
    private readonly house: Installation,
    readonly hook: Vendor,
    private readonly fcm: FakeFcm,
  ) {}

  static async open(house: Installation): Promise<Sinks> {
    const [hook, fcm] = await Promise.all([aVendor(() => ({})), anFcm()]);
    const sinks = new Sinks(house, hook, fcm);
    sinks.blackHole(false);
    const { serviceAccount } = fcm;
    await aProvider(house.client, 'fcm', { serviceAccount, baseUrl: fcm.url });
    for (let n = 0; n < DEVICES; n++) {
      await house.client.master.put(`/users/user-${n}`, { email: `user-${n}@example.com` });
      await house.client.master.post(`/users/user-${n}/devices`, { kind: 'fcm', token: `token-of-${n}` });
    }
    return sinks;
  }

  seen(): readonly Seen[] {
    const mails = this.house.mailbox.received.map(({ mail }) => ({
      deliveryId: (mail.messageId ?? '').slice(1, 37),
      said: mail.subject ?? '',
    }));
    const pushes = this.fcm.messages.map(({ data }) => {
      const { deliveryId = '', said = '' } = data as Record<string, string>;
      return { deliveryId, said };
    });
    return [...mails, ...this.webhooks, ...pushes].filter(({ said }) => !isOfWebhook(said));
  }

  /** Providers that take connections and say nothing. What falls into it has not arrived. */
  blackHole(isOn: boolean): void {
    this.house.mailbox.behave(() => (isOn ? 'hang' : undefined));
    this.fcm.behave(isOn ? () => 'hang' : undefined);
    this.hook.behave((call) => {
      if (isOn) return 'hang';
      const { said } = JSON.parse(call.body.toString()) as { said: string };
      this.webhooks.push({ deliveryId: call.headers['webhook-id'] ?? '', said });
      return {};
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.hook.close(), this.fcm.close()]);
  }
}

interface Accepted {
  readonly id: string;
  readonly said: string;
}

/** Callers that send notifications over three channels, and ask again under the same key until they have an answer. */
export class Callers {
  readonly accepted: Accepted[] = [];
  /** How long accepting took while Redis was away, in milliseconds. */
  readonly msWithoutRedis: number[] = [];
  isRedisAway = false;
  private isOver = false;
  private next = 0;
  private readonly ends: readonly Promise<void>[];

  constructor(
    private readonly house: Installation,
    private readonly sinks: Sinks,
    private readonly random: () => number,
    private readonly pace: Pace,
  ) {
    this.ends = Array.from({ length: pace.callers }, () => this.call());
  }

  /** Resolves when so many were accepted in all. */
  async until(count: number): Promise<void> {
    while (this.accepted.length < count) await pause(BEFORE_RETRY_MS);
  }

  /** Lets each get its last answer. */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.ends);
  }

  private async call(): Promise<void> {
    while (!this.isOver) {
      const said = String(this.next++);
      const wish = wishOf(said, this.random(), this.sinks.hook.url);
      this.accepted.push({ id: await this.untilAccepted(said, wish), said });
      if (this.pace.pauseMs > 0) await pause(this.pace.pauseMs);
    }
  }

  private async untilAccepted(said: string, wish: object): Promise<string> {
    for (let tries = 0; ; tries++) {
      const begun = performance.now();
      const wasAway = this.isRedisAway;
      try {
        const at = this.house.apis[(Number(said) + tries) % this.house.apis.length];
        const api = at?.api(this.house.client.masterKey);
        const reply = await api?.post('/notifications/send', wish, { 'Idempotency-Key': said });
        if (reply?.status !== 202) throw new Error(`${reply?.status}`);
        if (wasAway && this.isRedisAway) this.msWithoutRedis.push(performance.now() - begun);
        return (reply.body as { id: string }).id;
      } catch {
        await pause(BEFORE_RETRY_MS);
      }
    }
  }
}

function wishOf(said: string, chance: number, url: string): object {
  const email = { subject: said, text: 'Hello' };
  const webhook = { body: { said } };
  const push = { title: 'Hello', body: 'You', data: { said } };
  const userId = `user-${Number(said) % DEVICES}`;
  if (chance < 0.4) return { to: { email: `n${said}@example.com` }, channels: { email } };
  if (chance < 0.7) return { to: { url: `${url}/${said}` }, channels: { webhook } };
  if (chance < 0.9) return { to: { userId }, channels: { push } };
  return { to: { userId }, channels: { email, push, webhook: { ...webhook, url } } };
}

/** Who sends, and where it arrives. */
export interface Around {
  readonly sinks: Sinks;
  readonly callers: Callers;
  readonly shop: Shop;
}

type Fault = (house: Installation, around: Around) => Promise<unknown>;

const FAULTS: Readonly<Record<string, Fault>> = {
  'kill -9 of a worker': (house) => house.killAndReplace('worker'),
  'kill -9 of an API process': (house) => house.killAndReplace('api'),
  FLUSHALL: (house) => onRedis(house, (redis) => redis.flushall()),
  'Redis stopped, and started empty': async (house, { callers }) => {
    callers.isRedisAway = true;
    await house.redis.kill();
    await pause(REDIS_AWAY_MS);
    callers.isRedisAway = false;
    await house.redis.start();
  },
  'Redis frozen': async (house, { callers }) => {
    callers.isRedisAway = true;
    await onRedis(house, (redis) => redis.client('PAUSE', REDIS_FROZEN_MS, 'ALL'));
    await pause(REDIS_FROZEN_MS);
    callers.isRedisAway = false;
  },
  'PostgreSQL restarted': async (house) => {
    await house.postgres.kill();
    await pause(POSTGRES_AWAY_MS);
    await house.postgres.start();
  },
  'others that say nothing': async (_house, { sinks, shop }) => {
    sinks.blackHole(true);
    shop.answers(false);
    await pause(BLACK_HOLE_MS);
    sinks.blackHole(false);
    shop.answers(true);
  },
};

async function onRedis(house: Installation, act: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(house.redis.url);
  try {
    await act(redis);
  } finally {
    redis.disconnect();
  }
}

/** Every fault once in a random order, then again, for so long. @returns how often each was made */
export async function storm(
  house: Installation,
  around: Around,
  { seconds, random }: { readonly seconds: number; readonly random: () => number },
): Promise<Readonly<Record<string, number>>> {
  const made: Record<string, number> = {};
  const endsAt = performance.now() + seconds * 1_000;
  let left: string[] = [];
  do {
    if (left.length === 0) left = Object.keys(FAULTS);
    const [name = ''] = left.splice(Math.floor(random() * left.length), 1);
    await FAULTS[name]?.(house, around);
    made[name] = (made[name] ?? 0) + 1;
    await house.verify();
    await pause(BETWEEN_FAULTS_MS);
  } while (performance.now() < endsAt || Object.keys(made).length < Object.keys(FAULTS).length);
  return made;
}

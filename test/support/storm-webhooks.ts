import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Installation } from './installation.js';
import { aVendor, type Vendor } from '../fakes/vendor.js';

const BEFORE_RETRY_MS = 100;
const EVENT = 'order.paid';
/** What webhooks say begins so: other callers' notifications are numbers. */
const PREFIX = 'order-';

export const isOfWebhook = (said: string): boolean => said.startsWith(PREFIX);

const ACTIONS = [
  {
    type: 'createRoom',
    params: { type: 'group', name: { $: 'payload.said' }, members: ['user-0', 'user-1'], createdBy: 'user-0' },
  },
  {
    type: 'sendMessage',
    params: { roomId: { $: 'steps.createRoom.id' }, senderId: 'user-0', content: { $: 'payload.said' } },
  },
  {
    type: 'sendNotification',
    params: {
      to: { email: { $: "join('', [payload.said, '@example.com'])" } },
      channels: { email: { subject: { $: 'payload.said' }, text: 'Thank you' } },
    },
  },
];

/** How much is sent meanwhile. */
export interface Pace {
  readonly callers: number;
  /** Of each, after an answer. */
  readonly pauseMs: number;
}

interface Told {
  /** What it is told apart by. */
  readonly id: string;
  readonly said: string;
}

/** A shop that tells the house what was paid until it is heard, and a back office that the house tells what was said. */
export class Shop {
  readonly accepted: string[] = [];
  private readonly told: Told[] = [];
  private isOver = false;
  private next = 0;
  private readonly ends: readonly Promise<void>[];

  private constructor(
    private readonly house: Installation,
    private readonly office: Vendor,
    private readonly secrets: { readonly source: Webhook; readonly endpoint: Webhook },
    private readonly pace: Pace,
  ) {
    this.answers(true);
    this.ends = Array.from({ length: pace.callers }, () => this.tell());
  }

  static async open(house: Installation, pace: Pace): Promise<Shop> {
    const office = await aVendor(() => ({}));
    const { master } = house.client;
    const verification = { scheme: 'standard' };
    const source = await master.post('/webhooks/sources', { event: EVENT, verification, actions: ACTIONS });
    const endpoint = await master.post('/webhooks/endpoints', { url: office.url, eventTypes: ['message.created'] });
    const [ofSource, ofEndpoint] = [source, endpoint].map(({ status, body }) => {
      if (status !== 201) throw new Error(`No webhooks: ${JSON.stringify(body)}`);
      return new Webhook((body as { secret: string }).secret);
    });
    if (!ofSource || !ofEndpoint) throw new Error('No webhooks.');
    return new Shop(house, office, { source: ofSource, endpoint: ofEndpoint }, pace);
  }

  /**
   * What does not add up, once all that can come has come: of each event that was accepted there must be one room, one
   * message in it, one mail, and one event that the office heard, however often each arrived.
   */
  async missing(): Promise<object | null> {
    const { id: clientId } = this.house.client;
    const made = await this.house.rows<{ said: string; rooms: number; messages: number }>(
      `SELECT r.name AS said, count(DISTINCT r.id)::integer AS rooms, count(m.id)::integer AS messages
         FROM rooms r LEFT JOIN messages m ON m.client_id = r.client_id AND m.room_id = r.id AND m.content = r.name
        WHERE r.client_id = $1 AND r.name LIKE '${PREFIX}%' GROUP BY r.name`,
      [clientId],
    );
    const count = (seen: readonly Told[]) => {
      const ids = new Map<string, Set<string>>();
      for (const { said, id } of seen) ids.set(said, (ids.get(said) ?? new Set()).add(id));
      return new Map([...ids].map(([said, of]) => [said, of.size]));
    };
    const [calls, mails] = [count(this.told), count(this.mails())];
    const rows = new Map(made.map((row) => [row.said, row]));
    const said = new Set([...this.accepted, ...rows.keys(), ...calls.keys(), ...mails.keys()]);
    for (const one of said) {
      const { rooms = 0, messages = 0 } = rows.get(one) ?? {};
      const found = { said: one, rooms, messages, calls: calls.get(one) ?? 0, mails: mails.get(one) ?? 0 };
      if (rooms !== 1 || messages !== 1 || found.calls !== 1 || found.mails !== 1) return found;
    }
    return null;
  }

  /** How often something came that had come before. */
  repeats(): number {
    const seen = [...this.told, ...this.mails()];
    return seen.length - new Set(seen.map(({ id, said }) => `${id} ${said}`)).size;
  }

  private mails(): Told[] {
    return this.house.mailbox.received
      .map(({ mail }) => ({ id: mail.messageId ?? '', said: mail.subject ?? '' }))
      .filter(({ said }) => isOfWebhook(said));
  }

  answers(isWell: boolean): void {
    this.office.behave(({ headers, body }) => {
      if (!isWell) return 'hang';
      const { data } = this.secrets.endpoint.verify(body.toString(), { ...headers }) as { data: { content: string } };
      this.told.push({ id: headers['webhook-id'] ?? '', said: data.content });
      return {};
    });
  }

  /** Lets each get its last answer. */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.ends);
  }

  async close(): Promise<void> {
    this.isOver = true;
    await this.office.close();
  }

  private async tell(): Promise<void> {
    while (!this.isOver) {
      const said = `${PREFIX}${this.next++}`;
      await this.untilHeard(said);
      this.accepted.push(said);
      if (this.pace.pauseMs > 0) await pause(this.pace.pauseMs);
    }
  }

  /** As senders do: the same id again until a 200, signed anew each time. */
  private async untilHeard(said: string): Promise<void> {
    const id = `msg_${randomUUID()}`;
    const body = JSON.stringify({ said });
    for (let tries = 0; ; tries++) {
      try {
        const at = this.house.apis[tries % this.house.apis.length];
        const now = new Date();
        const reply = await fetch(`${at?.url ?? ''}/webhooks/${this.house.client.slug}/${EVENT}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
            'webhook-signature': this.secrets.source.sign(id, now, body),
          },
          body,
        });
        if (reply.status === 200) return;
      } catch {
        // it is down, or was killed: the next one
      }
      await pause(BEFORE_RETRY_MS);
    }
  }
}

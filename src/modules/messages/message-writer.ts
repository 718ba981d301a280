import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Tx } from '../../platform/database/index.js';
import { DomainError, NotFound } from '../../platform/errors/index.js';
import { type OutboundEvent, Outbox } from '../../platform/outbox/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import { type Countable, Quotas } from '../quotas/index.js';
import { UsersRepository } from '../users/index.js';
import { Batch, type Numbered } from './batch.js';
import type { Draft } from './draft.js';
import { MessageView } from './message.view.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import { MessagesRepository } from './messages.repository.js';
import { Revivals } from './revivals.js';

/** What became of a draft: a message, this one or an earlier one. */
export interface Written {
  readonly message: MessageView;
  readonly duplicate: boolean;
}

/** Each draft's end, in the order of the drafts. */
export type Outcome = Written | DomainError;

/**
 * Writes drafts in one transaction: locks what their clients have left of their quotas, then the rooms in id order, gives out `seq` and `offset` under the locks, stores
 * everything at once, hands it to the outbox, and tells sockets after the commit. A refused draft takes no number and harms no neighbour.
 */
@Injectable()
export class MessageWriter {
  constructor(
    private readonly database: Database,
    private readonly messages: MessagesRepository,
    private readonly quotas: Quotas,
    private readonly users: UsersRepository,
    private readonly revivals: Revivals,
    private readonly outbox: Outbox,
    private readonly fanout: Fanout,
  ) {}

  async write(drafts: readonly Draft[]): Promise<Outcome[]> {
    await this.expect(drafts.map(({ clientId }) => clientId));
    return this.database.transaction((tx) => this.writeIn(tx, drafts));
  }

  /** Before a transaction in which {@link writeIn} is to write for these clients. */
  expect(clientIds: readonly ClientId[]): Promise<void> {
    return this.quotas.expect(clientIds);
  }

  async writeIn(tx: Tx, drafts: readonly Draft[]): Promise<Outcome[]> {
    const allowance = await this.quotas.open(tx, messagesOf(drafts));
    // One round trip; the standings are read when the locks are held, because statements run in their order.
    const [locked, standings] = await Promise.all([
      this.messages.lockRooms(tx, drafts),
      this.messages.standings(tx, drafts),
    ]);
    const batch = new Batch(drafts, { locked, standings, allowance });
    if (batch.messages.length > 0) await this.store(tx, batch);
    await this.quotas.close(tx, allowance);
    const earlier = await this.earlier(tx, batch);
    return batch.results.map((result) => {
      if (result instanceof DomainError) return result;
      if ('numbered' in result) return { message: result.numbered, duplicate: result.duplicate };
      const message = earlier.get(result.of);
      return message ? { message, duplicate: true } : new NotFound();
    });
  }

  private async store(tx: Tx, batch: Batch): Promise<void> {
    for (const [clientId, userIds] of batch.strangers) await this.users.mention(clientId, userIds, tx);
    this.messages.append(tx, batch.moves, batch.messages);
    for (const revival of batch.revivals) await this.revivals.tell(tx, revival);
    await this.outbox.tell(tx, batch.views.map(outboundOf));
    tx.afterCommit(() => {
      for (const { draft, view } of batch.views) {
        const { clientId, roomId } = draft;
        const audience = { kind: 'room', id: roomId } as const;
        this.fanout.publish({
          clientId,
          audience,
          ev: MESSAGE_EVENTS.created,
          roomId,
          offset: view.offset,
          ts: view.createdAt,
          data: view,
        });
      }
    });
  }

  private async earlier(tx: Tx, batch: Batch): Promise<Map<string, MessageView>> {
    const found = new Map<string, MessageView>();
    for (const [clientId, ids] of batch.earlierIds) {
      for (const message of await this.messages.findMany(clientId, ids, tx))
        found.set(message.id, MessageView.of(message));
    }
    return found;
  }
}

const MESSAGES: ReadonlySet<Countable> = new Set(['messages']);

const messagesOf = (drafts: readonly Draft[]) => new Map(drafts.map(({ clientId }) => [clientId, MESSAGES]));

const outboundOf = ({ draft: { clientId, roomId, hops }, view }: Numbered): OutboundEvent => ({
  clientId,
  type: MESSAGE_EVENTS.created,
  at: new Date(view.createdAt),
  room: { id: roomId, offset: view.offset },
  hops,
  data: () => view,
});

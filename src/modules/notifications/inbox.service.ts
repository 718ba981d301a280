import { Injectable } from '@nestjs/common';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import type { UserPrincipal } from '../../platform/security/index.js';
import { type ArrivedItem, type InboxCounts, InboxRepository } from './inbox.repository.js';
import type { InboxState, InboxVerb } from './inbox.states.js';
import { type InboxItem, InboxItemView } from './inbox.view.js';
import { LadderService } from './ladder.service.js';
import { NOTIFICATION_EVENTS } from './notifications.events.js';

/** Items that one statement reads: what sockets are told of at once stays small. */
const READ_AT_ONCE = 100;

/** What users do with the notifications in their app. */
@Injectable()
export class InboxService {
  constructor(
    private readonly inbox: InboxRepository,
    private readonly ladders: LadderService,
    private readonly fanout: Fanout,
  ) {}

  /** The last one to arrive first; one more than asked for. */
  page(
    { clientId, userId }: UserPrincipal,
    state: InboxState,
    limit: number,
    before: { readonly sentAt: string; readonly id: string } | null,
  ): Promise<ArrivedItem[]> {
    return this.inbox.page(clientId, userId, state, limit, before);
  }

  counts({ clientId, userId }: UserPrincipal): Promise<InboxCounts> {
    return this.inbox.counts(clientId, userId);
  }

  /** The user's other sockets are told, when it is news. @throws NotFound for what is not theirs */
  async engage(
    { clientId, userId }: UserPrincipal,
    id: string,
    verb: InboxVerb,
    exceptSocket?: string,
  ): Promise<InboxItemView> {
    const item = await this.inbox.change(clientId, userId, id, verb);
    if (!item) throw new NotFound();
    if (item.hasChanged) await this.changed(clientId, userId, item, exceptSocket);
    return InboxItemView.of(item);
  }

  /** All that is unread now, in transactions that do not grow with the inbox; what arrives meanwhile stays unread. */
  async readAll({ clientId, userId }: UserPrincipal): Promise<InboxCounts> {
    for (let until: Date | null = null; ;) {
      const some = await this.inbox.readSome(clientId, userId, until, READ_AT_ONCE);
      for (const item of some.items) await this.changed(clientId, userId, item);
      if (some.picked === 0) return this.inbox.counts(clientId, userId);
      until = some.until;
    }
  }

  private async changed(
    clientId: ClientId,
    userId: UserId,
    item: InboxItem & { readonly ladder: number | null },
    exceptSocket?: string,
  ): Promise<void> {
    if (item.ladder !== null && item.seenAt) await this.ladders.seen(clientId, item.id);
    const audience = { kind: 'user', id: userId } as const;
    const ts = new Date().toISOString();
    this.fanout.publish({
      ...{ clientId, audience, ev: NOTIFICATION_EVENTS.updated, ts, data: InboxItemView.of(item) },
      ...(exceptSocket !== undefined && { exceptSocket }),
    });
  }
}

import { Injectable } from '@nestjs/common';
import { NotFound } from '../../platform/errors/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import type { UserPrincipal } from '../../platform/security/index.js';
import { InboxRepository } from './inbox.repository.js';
import { InboxItemView } from './inbox.view.js';
import { LadderService } from './ladder.service.js';
import { NOTIFICATION_EVENTS } from './notifications.events.js';

/** What users do with the notifications in their app. */
@Injectable()
export class InboxService {
  constructor(
    private readonly inbox: InboxRepository,
    private readonly ladders: LadderService,
    private readonly fanout: Fanout,
  ) {}

  /** The user's other sockets are told, when it is news. @throws NotFound for what is not theirs */
  async engage(
    { clientId, userId }: UserPrincipal,
    id: string,
    how: 'seen' | 'read',
    exceptSocket?: string,
  ): Promise<InboxItemView> {
    const item = await this.inbox.engage(clientId, userId, id, how === 'read');
    if (!item) throw new NotFound();
    const data = InboxItemView.of(item);
    if (item.hasChanged && item.ladder !== null) await this.ladders.seen(clientId, id);
    if (item.hasChanged) {
      const audience = { kind: 'user', id: userId } as const;
      const ts = new Date().toISOString();
      this.fanout.publish({
        ...{ clientId, audience, ev: NOTIFICATION_EVENTS.updated, ts, data },
        ...(exceptSocket !== undefined && { exceptSocket }),
      });
    }
    return data;
  }
}

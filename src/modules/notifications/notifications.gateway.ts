import { Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command, type Connection } from '../../platform/realtime/index.js';
import { asUser, type Principal, RequireScopes } from '../../platform/security/index.js';
import { InboxService } from './inbox.service.js';
import type { InboxItemView } from './inbox.view.js';

export class InboxItemDto {
  @Uuid({ description: 'The delivery, as `notification.created` named it' })
  readonly id: string;
}

@ChatGateway()
export class NotificationsGateway {
  constructor(private readonly inbox: InboxService) {}

  @Command('notification.seen', InboxItemDto)
  @RequireScopes('inbox:write')
  seen(caller: Principal, { id }: InboxItemDto, connection: Connection): Promise<InboxItemView> {
    return this.inbox.engage(asUser(caller), id, 'seen', connection.id);
  }

  @Command('notification.read', InboxItemDto)
  @RequireScopes('inbox:write')
  read(caller: Principal, { id }: InboxItemDto, connection: Connection): Promise<InboxItemView> {
    return this.inbox.engage(asUser(caller), id, 'read', connection.id);
  }
}

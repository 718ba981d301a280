import { Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command, type Connection } from '../../platform/realtime/index.js';
import { asUser, type Principal, RequireScopes } from '../../platform/security/index.js';
import { InboxService } from './inbox.service.js';
import { InboxItemView } from './inbox.view.js';
import { NOTIFICATION_PUSHES } from './notifications.events.js';

const ERRORS = ['user_required', 'not_found'] as const;

export class InboxItemDto {
  @Uuid({
    description: 'The delivery, as `notification.created` named it',
    example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11',
  })
  readonly id: string;
}

@ChatGateway(NOTIFICATION_PUSHES)
export class NotificationsGateway {
  constructor(private readonly inbox: InboxService) {}

  @Command('notification.seen', {
    summary: 'Say that a notification was shown',
    input: InboxItemDto,
    returns: InboxItemView,
    errors: ERRORS,
  })
  @RequireScopes('inbox:write')
  seen(caller: Principal, { id }: InboxItemDto, connection: Connection): Promise<InboxItemView> {
    return this.inbox.engage(asUser(caller), id, 'seen', connection.id);
  }

  @Command('notification.read', {
    summary: 'Say that a notification was read',
    input: InboxItemDto,
    returns: InboxItemView,
    errors: ERRORS,
  })
  @RequireScopes('inbox:write')
  read(caller: Principal, { id }: InboxItemDto, connection: Connection): Promise<InboxItemView> {
    return this.inbox.engage(asUser(caller), id, 'read', connection.id);
  }
}

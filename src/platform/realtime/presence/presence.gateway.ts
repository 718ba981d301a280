import { OneOf, TextList } from '../../http/index.js';
import { asUser, type Principal, RequireScopes } from '../../security/index.js';
import { ChatGateway, Command } from '../command.js';
import { PresenceStatusView, PresencesView } from '../realtime.view.js';
import { Presence } from './presence.js';
import { PRESENCES, type PresenceStatus } from './presence.status.js';

const MAX_USERS = 200;

export class PresenceQueryDto {
  @TextList({ min: 1, max: MAX_USERS, maxLength: 128, example: ['ann', 'bob'] })
  readonly userIds: string[];
}

export class PresenceDto {
  @OneOf(PRESENCES, { example: 'away', description: 'Until the user’s last socket is gone; `offline` hides them' })
  readonly status: PresenceStatus;
}

@ChatGateway()
export class PresenceGateway {
  constructor(private readonly presence: Presence) {}

  @Command('presence.get', { summary: 'Ask who is there', input: PresenceQueryDto, returns: PresencesView })
  @RequireScopes('rooms:read')
  async get(caller: Principal, { userIds }: PresenceQueryDto): Promise<PresencesView> {
    return { users: await this.presence.get(caller, userIds) };
  }

  @Command('presence.set', {
    summary: 'Say something else than online',
    input: PresenceDto,
    returns: PresenceStatusView,
    errors: ['user_required'],
  })
  @RequireScopes('rooms:read')
  async set(caller: Principal, { status }: PresenceDto): Promise<PresenceStatusView> {
    await this.presence.set(asUser(caller), status);
    return { status };
  }
}

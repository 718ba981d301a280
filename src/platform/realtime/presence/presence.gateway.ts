import { OneOf, TextList } from '../../http/index.js';
import { asUser, type Principal, RequireScopes } from '../../security/index.js';
import { ChatGateway, Command } from '../command.js';
import { Presence, type PresenceOf, PRESENCES, type PresenceStatus } from './presence.js';

const MAX_USERS = 200;

export class PresenceQueryDto {
  @TextList({ min: 1, max: MAX_USERS, maxLength: 128, example: ['ann', 'bob'] })
  readonly userIds: string[];
}

export class PresenceDto {
  @OneOf(PRESENCES, { description: 'Until the user’s last socket is gone; `offline` hides them' })
  readonly status: PresenceStatus;
}

@ChatGateway()
export class PresenceGateway {
  constructor(private readonly presence: Presence) {}

  @Command('presence.get', PresenceQueryDto)
  @RequireScopes('rooms:read')
  async get(caller: Principal, { userIds }: PresenceQueryDto): Promise<{ users: PresenceOf[] }> {
    return { users: await this.presence.get(caller, userIds) };
  }

  @Command('presence.set', PresenceDto)
  @RequireScopes('rooms:read')
  async set(caller: Principal, { status }: PresenceDto): Promise<PresenceDto> {
    await this.presence.set(asUser(caller), status);
    return { status };
  }
}

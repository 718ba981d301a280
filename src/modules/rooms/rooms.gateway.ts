import { Int, Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command } from '../../platform/realtime/index.js';
import { asUser, type Principal, RequireScopes } from '../../platform/security/index.js';
import type { ReadView } from './dto/room.dto.js';
import { MembershipService } from './membership.service.js';

export class ReceiptDto {
  @Uuid()
  readonly roomId: string;
  @Int({ min: 0, max: Number.MAX_SAFE_INTEGER })
  readonly seq: number;
}

@ChatGateway()
export class RoomsGateway {
  constructor(private readonly memberships: MembershipService) {}

  @Command('receipt.read', ReceiptDto)
  @RequireScopes('rooms:read')
  read(caller: Principal, { roomId, seq }: ReceiptDto): Promise<ReadView> {
    return this.memberships.read(asUser(caller), roomId, seq);
  }
}

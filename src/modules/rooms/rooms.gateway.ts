import { Int, Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command } from '../../platform/realtime/index.js';
import { asUser, type Principal, RequireScopes } from '../../platform/security/index.js';
import { ReceiptsService } from './receipts.service.js';
import type { ReadView } from './room.view.js';

export class ReceiptDto {
  @Uuid()
  readonly roomId: string;
  @Int({ min: 0, max: Number.MAX_SAFE_INTEGER })
  readonly seq: number;
}

@ChatGateway()
export class RoomsGateway {
  constructor(private readonly receipts: ReceiptsService) {}

  @Command('receipt.delivered', ReceiptDto)
  @RequireScopes('rooms:read')
  delivered(caller: Principal, { roomId, seq }: ReceiptDto): Promise<{ roomId: string; lastDeliveredSeq: number }> {
    return this.receipts.delivered(asUser(caller), roomId, seq);
  }

  @Command('receipt.read', ReceiptDto)
  @RequireScopes('rooms:read')
  read(caller: Principal, { roomId, seq }: ReceiptDto): Promise<ReadView> {
    return this.receipts.read(asUser(caller), roomId, seq);
  }
}

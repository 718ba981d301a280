import { Int, Uuid } from '../../platform/http/index.js';
import { ChatGateway, Command } from '../../platform/realtime/index.js';
import { asUser, type Principal, RequireScopes } from '../../platform/security/index.js';
import { ReceiptsService } from './receipts.service.js';
import { DeliveredView, ReadView } from './room.view.js';
import { ROOM_PUSHES } from './rooms.events.js';

const ERRORS = ['user_required', 'not_found'] as const;

export class ReceiptDto {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' })
  readonly roomId: string;
  @Int({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 41 })
  readonly seq: number;
}

@ChatGateway(ROOM_PUSHES)
export class RoomsGateway {
  constructor(private readonly receipts: ReceiptsService) {}

  @Command('receipt.delivered', {
    summary: 'Say what has arrived',
    input: ReceiptDto,
    returns: DeliveredView,
    errors: ERRORS,
  })
  @RequireScopes('rooms:read')
  delivered(caller: Principal, { roomId, seq }: ReceiptDto): Promise<DeliveredView> {
    return this.receipts.delivered(asUser(caller), roomId, seq);
  }

  @Command('receipt.read', { summary: 'Say what was read', input: ReceiptDto, returns: ReadView, errors: ERRORS })
  @RequireScopes('rooms:read')
  read(caller: Principal, { roomId, seq }: ReceiptDto): Promise<ReadView> {
    return this.receipts.read(asUser(caller), roomId, seq);
  }
}

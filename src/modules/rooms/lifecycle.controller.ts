import { Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, IdParam, pageOf } from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal, RequireScopes } from '../../platform/security/index.js';
import { activityPlace } from './activity-place.js';
import { ExpiringQuery } from './dto/room.dto.js';
import { LifecycleService } from './lifecycle.service.js';
import { ExpiringPageView, ExpiringRoomView, RoomView } from './room.view.js';
import { secondsOf } from './rooms.rules.js';

/** When rooms sleep and wake. */
@ApiTags('Rooms')
@Controller('rooms')
export class LifecycleController {
  constructor(private readonly lifecycle: LifecycleService) {}

  @Get('expiring')
  @MasterOnly()
  @Endpoint('List rooms that will be deactivated', {
    returns: ExpiringPageView,
    description: 'A dry run: what becomes inactive in that time unless it is used, soonest first.',
  })
  async expiring(
    @Caller() { clientId }: Principal,
    @Query() { within, limit, cursor }: ExpiringQuery,
  ): Promise<ExpiringPageView> {
    const rows = await this.lifecycle.expiring(clientId, secondsOf(within), limit, activityPlace(cursor));
    return pageOf(rows, limit, ExpiringRoomView.of, ({ deactivatesAt, roomId }) => [
      deactivatesAt.toISOString(),
      roomId,
    ]);
  }

  @Post(':id/deactivate')
  @RequireScopes('rooms:write')
  @Endpoint('Close a room by hand', {
    returns: RoomView,
    errors: ['forbidden'],
    description: 'Nobody can post until it is activated.',
  })
  async deactivate(@Caller() caller: Principal, @IdParam('id') id: string): Promise<RoomView> {
    return RoomView.of(await this.lifecycle.setStatus(caller, id, 'inactive'));
  }

  @Post(':id/activate')
  @RequireScopes('rooms:write')
  @Endpoint('Open a room again', { returns: RoomView, errors: ['forbidden'], description: 'Counts as activity.' })
  async activate(@Caller() caller: Principal, @IdParam('id') id: string): Promise<RoomView> {
    return RoomView.of(await this.lifecycle.setStatus(caller, id, 'active'));
  }
}

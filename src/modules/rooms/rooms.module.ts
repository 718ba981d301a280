import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboundCatalogue } from '../../platform/outbox/index.js';
import { PeerDirectory, RoomDirectory } from '../../platform/realtime/index.js';
import { UsersModule } from '../users/index.js';
import { BansController } from './bans.controller.js';
import { BansRepository } from './bans.repository.js';
import { BansService } from './bans.service.js';
import { Departures } from './departures.js';
import { Entrances } from './entrances.js';
import { LifecycleController } from './lifecycle.controller.js';
import { LifecycleRepository } from './lifecycle.repository.js';
import { LifecycleService } from './lifecycle.service.js';
import { MembersController } from './members.controller.js';
import { MembersRepository } from './members.repository.js';
import { MembershipService } from './membership.service.js';
import { OwnMembershipController } from './own-membership.controller.js';
import { RolesService } from './roles.service.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { ReceiptsService } from './receipts.service.js';
import { RoomAccess } from './room-access.js';
import { StoredRoomDirectory } from './room-directory.js';
import { RoomEventsRepository } from './room-events.repository.js';
import { RoomListService } from './room-list.service.js';
import { RoomSeries } from './room-series.js';
import { RoomSeriesRepository } from './room-series.repository.js';
import { RoomPeersRepository } from './room-peers.repository.js';
import { StoredPeerDirectory } from './room-peers.js';
import { RoomSweep } from './room-sweep.js';
import { RoomMember } from './room-member.entity.js';
import { RoomNews } from './room-news.js';
import { Room } from './room.entity.js';
import { RoomsController } from './rooms.controller.js';
import { RoomsGateway } from './rooms.gateway.js';
import { ROOM_OUTBOUND } from './rooms.events.js';
import { RoomsErasureRepository } from './rooms-erasure.repository.js';
import { RoomsPersonalData } from './rooms.personal-data.js';
import { RoomsRepository } from './rooms.repository.js';
import { RoomsService } from './rooms.service.js';

@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Room, RoomMember]), UsersModule],
  // `/rooms/expiring` before `/rooms/:id`
  controllers: [LifecycleController, RoomsController, MembersController, OwnMembershipController, BansController],
  providers: [
    RoomsRepository,
    MembersRepository,
    BansRepository,
    LifecycleRepository,
    RoomEventsRepository,
    RoomsService,
    MembershipService,
    Entrances,
    Departures,
    RolesService,
    BansService,
    LifecycleService,
    RoomAccess,
    RoomListService,
    RoomNews,
    RoomSeries,
    RoomSeriesRepository,
    RoomsErasureRepository,
    RoomsPersonalData,
    RoomsGateway,
    RoomSweep,
    RoomPeersRepository,
    ReceiptsRepository,
    ReceiptsService,
    { provide: RoomDirectory, useClass: StoredRoomDirectory },
    { provide: PeerDirectory, useClass: StoredPeerDirectory },
  ],
  exports: [
    RoomsRepository,
    RoomEventsRepository,
    RoomAccess,
    RoomListService,
    RoomNews,
    RoomSeries,
    RoomDirectory,
    PeerDirectory,
    LifecycleService,
    RoomsService,
  ],
})
export class RoomsModule implements OnModuleInit {
  constructor(private readonly catalogue: OutboundCatalogue) {}

  onModuleInit(): void {
    this.catalogue.declare(ROOM_OUTBOUND);
  }
}

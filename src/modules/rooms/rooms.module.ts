import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomDirectory } from '../../platform/realtime/index.js';
import { UsersModule } from '../users/index.js';
import { LifecycleService } from './lifecycle.service.js';
import { MembershipService } from './membership.service.js';
import { RoomAccess } from './room-access.js';
import { StoredRoomDirectory } from './room-directory.js';
import { RoomEventsRepository } from './room-events.repository.js';
import { RoomListService } from './room-list.service.js';
import { RoomSeries } from './room-series.js';
import { RoomSeriesRepository } from './room-series.repository.js';
import { RoomSweep } from './room-sweep.js';
import { RoomMember } from './room-member.entity.js';
import { RoomNews } from './room-news.js';
import { Room } from './room.entity.js';
import { RoomsController } from './rooms.controller.js';
import { RoomsGateway } from './rooms.gateway.js';
import { RoomsErasureRepository } from './rooms-erasure.repository.js';
import { RoomsPersonalData } from './rooms.personal-data.js';
import { RoomsRepository } from './rooms.repository.js';
import { RoomsService } from './rooms.service.js';

@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Room, RoomMember]), UsersModule],
  controllers: [RoomsController],
  providers: [
    RoomsRepository,
    RoomEventsRepository,
    RoomsService,
    MembershipService,
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
    { provide: RoomDirectory, useClass: StoredRoomDirectory },
  ],
  exports: [
    RoomsRepository,
    RoomEventsRepository,
    RoomAccess,
    RoomListService,
    RoomNews,
    RoomSeries,
    RoomDirectory,
    LifecycleService,
  ],
})
export class RoomsModule {}

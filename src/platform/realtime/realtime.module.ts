import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Role } from '../../config/index.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { ConnectionGateway } from './connection.gateway.js';
import { Doorkeeper } from './doorkeeper.js';
import { Drain } from './drain.js';
import { EventScopes } from './event-scopes.js';
import { Fanout } from './fanout.js';
import { Heartbeat } from './heartbeat.js';
import { Hub } from './hub.js';
import { KeyWatch } from './key-watch.js';
import { NewsPost } from './news-post.js';
import { Attendance } from './presence/attendance.js';
import { CensusStore } from './presence/census.store.js';
import { Census } from './presence/census.js';
import { PresenceGateway } from './presence/presence.gateway.js';
import { Presence } from './presence/presence.js';
import { RawTransport } from './raw.transport.js';
import { Recovery } from './recovery.js';
import { RoomHeads } from './room-heads.js';
import { RoomRepair } from './room-repair.js';
import { Sessions } from './sessions.js';
import { SocketIoTransport } from './socket-io.transport.js';
import { TypingGateway } from './typing.gateway.js';
import { Typing } from './typing.js';

const TRANSPORTS = [
  ConnectionGateway,
  TypingGateway,
  PresenceGateway,
  Doorkeeper,
  Sessions,
  KeyWatch,
  Recovery,
  Drain,
  Typing,
  Presence,
  Census,
  CommandDispatcher,
  Heartbeat,
  RoomHeads,
  RoomRepair,
  RawTransport,
  SocketIoTransport,
];

/** A worker has no sockets of its own and only tells those of the API processes. */
@Global()
@Module({})
export class RealtimeModule {
  static forRole(role: Role): DynamicModule {
    return {
      module: RealtimeModule,
      imports: [DiscoveryModule],
      providers: [
        Fanout,
        NewsPost,
        Hub,
        EventScopes,
        CensusStore,
        Attendance,
        ...(role === 'worker' ? [] : TRANSPORTS),
      ],
      exports: [Fanout, Attendance],
    };
  }
}

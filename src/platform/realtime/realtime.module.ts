import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Role } from '../../config/index.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { ConnectionGateway } from './connection.gateway.js';
import { Fanout } from './fanout.js';
import { Heartbeat } from './heartbeat.js';
import { Hub } from './hub.js';
import { RawTransport } from './raw.transport.js';
import { RoomHeads } from './room-heads.js';
import { Sessions } from './sessions.js';
import { SocketIoTransport } from './socket-io.transport.js';

const TRANSPORTS = [ConnectionGateway, Sessions, CommandDispatcher, Heartbeat, RoomHeads, RawTransport, SocketIoTransport];

/** A worker has no sockets of its own and only tells those of the API processes. */
@Global()
@Module({})
export class RealtimeModule {
  static forRole(role: Role): DynamicModule {
    return {
      module: RealtimeModule,
      imports: [DiscoveryModule],
      providers: [Fanout, Hub, ...(role === 'worker' ? [] : TRANSPORTS)],
      exports: [Fanout],
    };
  }
}

import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ContentLimitsBook } from '../../platform/http/index.js';
import { OutboundCatalogue } from '../../platform/outbox/index.js';
import { QuotasModule } from '../quotas/index.js';
import { RoomsModule } from '../rooms/index.js';
import { UsersModule } from '../users/index.js';
import { MESSAGE_LIMITS } from './dto/message.dto.js';
import { EditingService } from './editing.service.js';
import { FanoutMemory } from './fanout-memory.js';
import { FeedService } from './feed.service.js';
import { HistoryService } from './history.service.js';
import { MessageChanges } from './message-changes.js';
import { MessageChangesController } from './message-changes.controller.js';
import { MessageChangesRepository } from './message-changes.repository.js';
import { Message } from './message.entity.js';
import { MessageWriter } from './message-writer.js';
import { FeedController, MessagesController, PinsController } from './messages.controller.js';
import { MESSAGE_OUTBOUND } from './messages.events.js';
import { MessagesGateway } from './messages.gateway.js';
import { MessagesErasureRepository } from './messages-erasure.repository.js';
import { MessagesPersonalData } from './messages.personal-data.js';
import { MessagesRepository } from './messages.repository.js';
import { MessagesService } from './messages.service.js';
import { MyRoomsController } from './my-rooms.controller.js';
import { MyRoomsService } from './my-rooms.service.js';
import { PinsService } from './pins.service.js';
import { ReactionsController } from './reactions.controller.js';
import { ReactionsService } from './reactions.service.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { Revivals } from './revivals.js';
import { SearchController } from './search.controller.js';
import { SearchRepository } from './search.repository.js';
import { SearchService } from './search.service.js';
import { TraceService } from './trace.service.js';

const REPOSITORIES = [
  MessagesRepository,
  MessagesErasureRepository,
  MessageChangesRepository,
  SearchRepository,
  ReceiptsRepository,
];
const SENDING = [MessagesService, MessageWriter, Revivals];
const READING = [HistoryService, FeedService, MyRoomsService, SearchService, TraceService, FanoutMemory];
const CHANGING = [MessageChanges, EditingService, ReactionsService, PinsService];

@Module({
  imports: [TypeOrmModule.forFeature([Message]), QuotasModule, RoomsModule, UsersModule],
  controllers: [
    SearchController, // before messages/:id, which would take `search` for an id
    MessagesController,
    MessageChangesController,
    ReactionsController,
    FeedController,
    PinsController,
    MyRoomsController,
  ],
  providers: [...REPOSITORIES, ...SENDING, ...READING, ...CHANGING, MessagesPersonalData, MessagesGateway],
  exports: [MessagesService, TraceService],
})
export class MessagesModule implements OnModuleInit {
  constructor(
    private readonly catalogue: OutboundCatalogue,
    private readonly contents: ContentLimitsBook,
  ) {}

  onModuleInit(): void {
    this.catalogue.declare(MESSAGE_OUTBOUND);
    this.contents.declare('messages', MESSAGE_LIMITS);
  }
}

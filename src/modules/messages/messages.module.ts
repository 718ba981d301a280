import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomsModule } from '../rooms/index.js';
import { UsersModule } from '../users/index.js';
import { FeedService } from './feed.service.js';
import { GroupCommit } from './group-commit.js';
import { HistoryService } from './history.service.js';
import { Message } from './message.entity.js';
import { MessageWriter } from './message-writer.js';
import { FeedController, MessagesController } from './messages.controller.js';
import { MessagesGateway } from './messages.gateway.js';
import { MessagesRepository } from './messages.repository.js';
import { MessagesService } from './messages.service.js';
import { MyRoomsController } from './my-rooms.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([Message]), RoomsModule, UsersModule],
  controllers: [MessagesController, FeedController, MyRoomsController],
  providers: [MessagesRepository, MessagesService, MessageWriter, GroupCommit, HistoryService, FeedService, MessagesGateway],
  exports: [MessagesService],
})
export class MessagesModule {}

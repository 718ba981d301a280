import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Role } from '../../config/index.js';
import { ContentLimitsBook } from '../../platform/http/index.js';
import { OutboundCatalogue } from '../../platform/outbox/index.js';
import { ProvidersModule } from '../providers/index.js';
import { QuotasModule } from '../quotas/index.js';
import { SuppressionsModule } from '../suppressions/index.js';
import { UsersModule } from '../users/index.js';
import { channelDescriptorOf, type ChannelDescriptor } from '../../extension/channel.js';
import { Acceptance } from './acceptance.js';
import { AddressBook } from './address-book.js';
import { AnnouncementsRepository } from './announcements.repository.js';
import { Announcer } from './announcer.js';
import { Delivery } from './delivery.entity.js';
import { Composer } from './composer.js';
import { CancelService } from './cancel.service.js';
import { ControlRepository } from './control.repository.js';
import { DeliveriesForgetting } from './deliveries-forgetting.js';
import { DeliveriesController } from './deliveries.controller.js';
import { PreviewService } from './preview.service.js';
import { RetentionRepository } from './retention.repository.js';
import { RetryService } from './retry.service.js';
import { SendingController } from './sending.controller.js';
import { DeliveryLoader } from './delivery-loader.js';
import { DeliveryProcessor } from './delivery.processor.js';
import { DeliveryService } from './delivery.service.js';
import { Dispatcher } from './dispatcher.js';
import { Gatherer } from './gatherer.js';
import { declareChannels, NOTIFICATION_LIMITS } from './dto/notification.dto.js';
import { NotificationHistoryService } from './history.service.js';
import { InboxController } from './inbox.controller.js';
import { InboxRepository } from './inbox.repository.js';
import { InboxService } from './inbox.service.js';
import { LadderService } from './ladder.service.js';
import { LaddersRepository } from './ladders.repository.js';
import { LateContents } from './late-contents.js';
import { MessageMaker } from './message-maker.js';
import { MovesService } from './moves.service.js';
import { NewsRepository } from './news.repository.js';
import { NewsService } from './news.service.js';
import { Notification } from './notification.entity.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsGateway } from './notifications.gateway.js';
import { NOTIFICATION_OUTBOUND } from './notifications.events.js';
import { DELIVERIES } from './notifications.jobs.js';
import { NotificationsCleaning } from './notifications-cleaning.js';
import { NotificationsErasureRepository } from './notifications-erasure.repository.js';
import { NotificationsPersonalData } from './notifications.personal-data.js';
import { NotificationsRepository } from './notifications.repository.js';
import { NotificationsService } from './notifications.service.js';
import { PushReceipts } from './push-receipts.js';
import { ReachService } from './reach.service.js';
import { SettlementService } from './settlement.service.js';
import { SettlementsRepository } from './settlements.repository.js';
import { StandingService } from './standing.service.js';
import { UnsubscribeController } from './unsubscribe.controller.js';
import { UnsubscribeLinks } from './unsubscribe-links.js';
import { UnsubscribeRepository } from './unsubscribe.repository.js';
import { UnsubscribeService } from './unsubscribe.service.js';
import { WaitingDeliveries } from './waiting-deliveries.js';
import { UnwelcomeRecipients } from './unwelcome.js';
import { WebsocketChannel } from './websocket.channel.js';

const ALWAYS = [
  Acceptance,
  NotificationsRepository,
  SettlementsRepository,
  AnnouncementsRepository,
  Announcer,
  MovesService,
  NotificationsService,
  NotificationHistoryService,
  PreviewService,
  ControlRepository,
  CancelService,
  RetryService,
  ReachService,
  LateContents,
  AddressBook,
  Composer,
  WebsocketChannel,
  MessageMaker,
  Dispatcher,
  Gatherer,
  StandingService,
  DeliveryLoader,
  LaddersRepository,
  LadderService,
  DeliveryService,
  SettlementService,
  PushReceipts,
  UnwelcomeRecipients,
  NewsRepository,
  NewsService,
  WaitingDeliveries,
  NotificationsErasureRepository,
  NotificationsCleaning,
  RetentionRepository,
  DeliveriesForgetting,
  NotificationsPersonalData,
  InboxRepository,
  InboxService,
  UnsubscribeLinks,
  UnsubscribeRepository,
  UnsubscribeService,
  NotificationsGateway,
];

@Module({})
export class NotificationsModule implements OnModuleInit {
  constructor(
    private readonly catalogue: OutboundCatalogue,
    private readonly contents: ContentLimitsBook,
  ) {}

  onModuleInit(): void {
    this.catalogue.declare(NOTIFICATION_OUTBOUND);
    this.contents.declare('notifications', NOTIFICATION_LIMITS);
  }

  /** An API process accepts; workers deliver. @param channels those that plugins bring */
  static forRole(role: Role, channels: readonly ChannelDescriptor[]): DynamicModule {
    declareChannels([channelDescriptorOf(WebsocketChannel), ...channels].flatMap((channel) => channel ?? []));
    return {
      module: NotificationsModule,
      imports: [
        TypeOrmModule.forFeature([Notification, Delivery]),
        BullModule.registerQueue({ name: DELIVERIES }),
        ProvidersModule,
        QuotasModule,
        SuppressionsModule,
        UsersModule,
      ],
      controllers: [
        SendingController,
        NotificationsController,
        DeliveriesController,
        InboxController,
        UnsubscribeController,
      ],
      providers: [...ALWAYS, ...(role === 'api' ? [] : [DeliveryProcessor])],
      exports: [
        NotificationHistoryService,
        NotificationsCleaning,
        NotificationsService,
        ReachService,
        LateContents,
        NewsService,
      ],
    };
  }
}

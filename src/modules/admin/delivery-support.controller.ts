import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, idOf, IdParam, PageQuery, pageOf } from '../../platform/http/index.js';
import { OperatorOnly } from '../../platform/security/index.js';
import {
  DeliveriesQuery,
  NotificationHistoryService,
  NotificationsQuery,
  timelinePage,
  TimelineView,
} from '../notifications/index.js';
import { activityPlace, AllRoomsQuery, RoomListService } from '../rooms/index.js';
import { EventPageView, EventsQuery, EventsService, EventSummaryView } from '../webhooks/index.js';
import { LEAVES_A_TRAIL, SupportTrail } from './support-trail.js';
import {
  SupportDeliveryPageView,
  SupportDeliveryView,
  SupportNotificationPageView,
  SupportNotificationView,
  SupportRoomPageView,
  SupportRoomView,
  timelineShown,
} from './support.view.js';

/** What became of what a client sent and was sent, for support: how it went, and nothing of what was said. */
@ApiTags('Admin')
@OperatorOnly()
@Controller('admin/clients/:id')
export class DeliverySupportController {
  constructor(
    private readonly trail: SupportTrail,
    private readonly rooms: RoomListService,
    private readonly history: NotificationHistoryService,
    private readonly events: EventsService,
  ) {}

  @Get('rooms')
  @Endpoint('List a client’s rooms', {
    returns: SupportRoomPageView,
    description: `Newest activity first; no names, no messages. ${LEAVES_A_TRAIL}`,
  })
  listRooms(
    @IdParam('id') id: string,
    @Query() { limit, cursor, ...filter }: AllRoomsQuery,
  ): Promise<SupportRoomPageView> {
    return this.trail.looking(id, 'rooms', async () => {
      const rows = await this.rooms.all(id, filter, limit, activityPlace(cursor));
      return pageOf(rows, limit, SupportRoomView.of, (room) => [room.lastActivityAt.toISOString(), room.id]);
    });
  }

  @Get('notifications')
  @Endpoint('List a client’s notifications', {
    returns: SupportNotificationPageView,
    description: `Newest first, without contents. ${LEAVES_A_TRAIL}`,
  })
  listNotifications(
    @IdParam('id') id: string,
    @Query() { limit, cursor, ...filter }: NotificationsQuery,
  ): Promise<SupportNotificationPageView> {
    return this.trail.looking(id, 'notifications', async () => {
      const rows = await this.history.page(id, filter, limit, idOf(cursor));
      return pageOf(rows, limit, SupportNotificationView.of, (notification) => [notification.id]);
    });
  }

  @Get('notifications/:notificationId/events')
  @Endpoint('Read the timeline of a client’s notification', {
    returns: TimelineView,
    description: `Every attempt, with what the provider answered but for addresses. ${LEAVES_A_TRAIL}`,
  })
  timeline(
    @IdParam('id') id: string,
    @IdParam('notificationId') notificationId: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<TimelineView> {
    return this.trail.looking(id, `notification ${notificationId}`, async () => {
      const page = timelinePage(await this.history.timeline(id, notificationId, limit, idOf(cursor)), limit);
      return { ...page, data: page.data.map(timelineShown) };
    });
  }

  @Get('deliveries')
  @Endpoint('List a client’s deliveries', {
    returns: SupportDeliveryPageView,
    description: `Newest first; addresses are masked. ${LEAVES_A_TRAIL}`,
  })
  listDeliveries(
    @IdParam('id') id: string,
    @Query() { limit, cursor, ...filter }: DeliveriesQuery,
  ): Promise<SupportDeliveryPageView> {
    return this.trail.looking(id, 'deliveries', async () => {
      const rows = await this.history.allDeliveries(id, filter, limit, idOf(cursor));
      return pageOf(rows, limit, SupportDeliveryView.of, (delivery) => [delivery.id]);
    });
  }

  @Get('webhook-events')
  @Endpoint('List what a client’s sources were told', {
    returns: EventPageView,
    description: `Newest first, without payloads. ${LEAVES_A_TRAIL}`,
  })
  listEvents(@IdParam('id') id: string, @Query() { limit, cursor, ...filter }: EventsQuery): Promise<EventPageView> {
    return this.trail.looking(id, 'webhook events', async () => {
      const rows = await this.events.page(id, filter, limit, idOf(cursor));
      return pageOf(rows, limit, EventSummaryView.of, (event) => [event.id]);
    });
  }
}

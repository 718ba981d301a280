import { Body, Controller, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DomainError } from '../../platform/errors/index.js';
import {
  Answer,
  CountedAs,
  Endpoint,
  Idempotent,
  Once,
  type OnceKey,
  RequestId,
  validated,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { BatchDto, SendNotificationDto } from './dto/notification.dto.js';
import { AcceptedView } from './notification.view.js';
import { NotificationsService } from './notifications.service.js';
import { PreviewService } from './preview.service.js';
import { BatchView, PreviewView } from './sending.view.js';

const EXAMPLE = {
  to: [{ userId: 'ann' }, { email: 'bob@example.com', name: 'Bob' }],
  channels: {
    websocket: { event: 'order.confirmed', title: 'Order confirmed', data: { order: 4711 } },
    email: { subject: 'Your order 4711', text: 'We are packing it.', html: '<p>We are packing it.</p>' },
  },
  category: 'transactional',
  tags: ['order'],
};

/** What goes out. */
@ApiTags('Notifications')
@Controller('notifications')
export class SendingController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly previews: PreviewService,
  ) {}

  @Post('send')
  @RequireScopes('notifications:write')
  @Idempotent()
  @Endpoint('Send a notification', {
    returns: AcceptedView,
    status: HttpStatus.ACCEPTED,
    errors: ['no_recipient', 'quota_exceeded', 'idempotency_in_progress', 'idempotency_mismatch'],
    description:
      'Committed when this answers. Recipients that cannot be reached on a channel are skipped with a reason and harm nobody else.',
    example: EXAMPLE,
  })
  async send(
    @Caller() { clientId }: Principal,
    @Body() dto: SendNotificationDto,
    @RequestId() requestId: string,
    @Once() once?: OnceKey,
  ): Promise<AcceptedView | Answer<AcceptedView>> {
    if (once) return this.notifications.submitOnce(clientId, dto, requestId, once, AcceptedView.of);
    return AcceptedView.of(await this.notifications.submit(clientId, dto, requestId));
  }

  @Post('batch')
  @CountedAs('bulk')
  @RequireScopes('notifications:write')
  @Idempotent()
  @Endpoint('Send up to a hundred notifications', {
    returns: BatchView,
    status: HttpStatus.ACCEPTED,
    errors: ['idempotency_in_progress', 'idempotency_mismatch'],
    description: 'Each has its own result: one that is refused harms no other.',
    example: { notifications: [EXAMPLE] },
  })
  batch(
    @Caller() { clientId }: Principal,
    @Body() { notifications }: BatchDto,
    @RequestId() requestId: string,
    @Once() once?: OnceKey,
  ): Promise<Answer<BatchView>> {
    const wishes = notifications.map(read);
    return this.notifications.submitBatch(clientId, wishes, requestId, once, (results) =>
      BatchView.of(results, requestId),
    );
  }

  @Post('preview')
  @RequireScopes('notifications:write')
  @Endpoint('Say what sending would do', {
    returns: PreviewView,
    status: HttpStatus.OK,
    errors: ['no_recipient'],
    description:
      'Sends nothing and stores nothing: for each delivery the provider that would be asked, why others would not, and what stands against it.',
    example: EXAMPLE,
  })
  async preview(@Caller() { clientId }: Principal, @Body() dto: SendNotificationDto): Promise<PreviewView> {
    return PreviewView.of(await this.previews.preview(clientId, dto));
  }
}

const read = (wish: object): SendNotificationDto | DomainError => {
  try {
    return validated(SendNotificationDto, wish);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
};

import { Injectable } from '@nestjs/common';
import type { InputFault } from '../../../platform/errors/index.js';
import { AcceptedView, NotificationsService, type SendNotificationDto } from '../../notifications/index.js';
import { type ActionContext, type ActionKind, type Effect, EXAMPLE_ID } from './action-kind.js';

/** The result is what `POST /notifications/send` answers. */
@Injectable()
export class SendNotificationAction implements ActionKind<SendNotificationDto> {
  readonly type = 'sendNotification';

  constructor(private readonly notifications: NotificationsService) {}

  async prepare(wish: SendNotificationDto, { clientId, effectId, requestId }: ActionContext): Promise<Effect> {
    const submission = await this.notifications.prepare(clientId, wish, { id: effectId, requestId });
    return {
      apply: async (tx) => {
        await this.notifications.store(tx, [submission]);
        return AcceptedView.of(submission.accepted);
      },
    };
  }

  faultsOf(wish: SendNotificationDto): readonly InputFault[] {
    return this.notifications.faultsOf(wish);
  }

  exampleOf({ sendAt }: SendNotificationDto): object {
    return { id: EXAMPLE_ID, status: sendAt === undefined ? 'accepted' : 'scheduled', deliveries: [] };
  }
}

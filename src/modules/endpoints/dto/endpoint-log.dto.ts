import { OneOf, PageQuery, Uuid } from '../../../platform/http/index.js';
import { ATTEMPT_STATUSES, type AttemptStatus, DELIVERY_STATUSES, type DeliveryStatus } from '../delivery.rules.js';

export class AttemptsQuery extends PageQuery {
  @OneOf(ATTEMPT_STATUSES, { optional: true, example: 'failed' })
  readonly status?: AttemptStatus;
  @Uuid({ optional: true, example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11', description: 'Of one event only' })
  readonly webhookId?: string;
}

export class EndpointDeliveriesQuery extends PageQuery {
  @OneOf(DELIVERY_STATUSES, { optional: true, example: 'failed' })
  readonly status?: DeliveryStatus;
}

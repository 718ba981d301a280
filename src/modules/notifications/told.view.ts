import { ApiProperty } from '@nestjs/swagger';
import type { Delivery } from './delivery.entity.js';
import { CATEGORIES, type Category } from './notification.entity.js';
import { DeliveryView } from './notification.view.js';

/** A delivery with what it is known by on the other side: its notification, and what that was given. */
export type ToldDelivery = Delivery & {
  readonly category: Category;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** What other systems are told of a delivery. */
export class ToldDeliveryView extends DeliveryView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c10' }) readonly notificationId: string;
  @ApiProperty({ enum: CATEGORIES, example: 'transactional' }) readonly category: Category;
  @ApiProperty({ type: [String], example: ['order'] }) readonly tags: readonly string[];
  @ApiProperty({ type: 'object', additionalProperties: true, example: { orderId: 4711 } })
  readonly metadata: Readonly<Record<string, unknown>>;

  static told(delivery: ToldDelivery): ToldDeliveryView {
    const { notificationId, category, tags, metadata } = delivery;
    return { ...DeliveryView.of(delivery), notificationId, category, tags, metadata };
  }
}

/** What its recipient did. */
export class EngagementView extends ToldDeliveryView {
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:31:00.000Z', description: 'When they did it' })
  readonly at: string;

  static at(at: Date, delivery: ToldDelivery): EngagementView {
    return { ...ToldDeliveryView.told(delivery), at: at.toISOString() };
  }
}

import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import type { ChannelContents } from './content.js';
import type { DeliveryInHand } from './notifications.repository.js';

/** Says what a notification says now, or null when nobody needs it any more. */
export type ContentMaker = (clientId: ClientId, notificationId: string) => Promise<ChannelContents | null>;

/**
 * What the house sends by itself is told when it is sent, not when it was accepted: what was read, deleted or changed
 * meanwhile is not sent as it was, and no second copy of it is kept.
 */
@Injectable()
export class LateContents {
  private readonly makers = new Map<string, ContentMaker>();

  register(origin: string, maker: ContentMaker): void {
    if (this.makers.has(origin)) throw new Error(`Two makers of contents are named ${origin}.`);
    this.makers.set(origin, maker);
  }

  /** A caller's content is as it was given. */
  async of({ clientId, notificationId, origin, channels }: DeliveryInHand): Promise<ChannelContents | null> {
    if (origin === null) return channels;
    const make = this.makers.get(origin);
    if (!make) throw new Error(`Nobody makes the contents of ${origin}.`);
    return make(clientId, notificationId);
  }
}

import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import { DeviceAddresses } from '../users/index.js';
import type { DeliveryToRun } from './delivery-loader.js';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';
import { LateContents } from './late-contents.js';
import { UnsubscribeLinks } from './unsubscribe-links.js';

/** What there is to send; or nothing, as it ends before any provider; or something that the house itself shows. */
export type Made =
  | { readonly kind: 'message'; readonly message: object }
  | { readonly kind: 'in_house' }
  | { readonly kind: 'ended'; readonly status: DeliveryStatus; readonly reason: DeliveryReason };

const NOT_NEEDED: Made = { kind: 'ended', status: 'skipped', reason: 'not_needed' };
const NO_ADDRESS: Made = { kind: 'ended', status: 'skipped', reason: 'no_address' };
/** The plugin of its channel was taken out. */
const NO_CHANNEL: Made = { kind: 'ended', status: 'failed', reason: 'no_provider' };

/** Makes of a delivery what its channel's providers take. */
@Injectable()
export class MessageMaker {
  constructor(
    private readonly channels: ChannelRegistry,
    private readonly contents: LateContents,
    private readonly devices: DeviceAddresses,
    private readonly links: UnsubscribeLinks,
  ) {}

  async make(delivery: DeliveryToRun): Promise<Made> {
    const registered = this.channels.find(delivery.channel);
    if (!registered) return NO_CHANNEL;
    const content = (await this.contents.of(delivery))?.[delivery.channel];
    if (!content) return NOT_NEEDED;
    const { channel } = registered;
    if (!channel.messageOf) return { kind: 'in_house' };
    const { clientId, deviceId, recipient, recipientName: name, addressKind: kind } = delivery;
    if (deviceId !== null && delivery.device === null) return NO_ADDRESS;
    const device = delivery.device && this.devices.open(clientId, delivery.device);
    const unsubscribeUrl = this.unsubscribeUrlOf(delivery);
    return { kind: 'message', message: channel.messageOf(content, { recipient, name, kind, device, unsubscribeUrl }) };
  }

  /** Who gets marketing can end it in one click; a receipt or a password is nothing to unsubscribe from. */
  private unsubscribeUrlOf({ clientId, id: deliveryId, channel, recipient, category }: DeliveryToRun): string | null {
    return category === 'marketing' ? this.links.of({ clientId, deliveryId, channel, address: recipient }) : null;
  }
}

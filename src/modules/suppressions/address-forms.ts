import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';

/** Of a delivery, too. */
export const ADDRESS_MAX = 500;

/** How addresses are written, so that one that is suppressed is known again. */
@Injectable()
export class AddressForms {
  constructor(private readonly channels: ChannelRegistry) {}

  isChannel(name: string): boolean {
    return this.channels.find(name) !== undefined;
  }

  /** The one form of an address on a channel; null when it is none. */
  of(channel: string, address: string): string | null {
    const known = this.channels.find(channel)?.channel;
    const form = known?.normalised ? known.normalised(address) : address;
    return form === null || form.length === 0 || form.length > ADDRESS_MAX ? null : form;
  }

  /** On every channel where it may be an address. */
  onAll(address: string): { readonly channel: string; readonly address: string }[] {
    return this.channels.all().flatMap(({ name }) => {
      const form = this.of(name, address);
      return form === null ? [] : [{ channel: name, address: form }];
    });
  }
}

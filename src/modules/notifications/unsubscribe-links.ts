import { Inject, Injectable, Logger } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { ClientId } from '../../platform/database/index.js';
import { publicUrlOf } from '../../platform/http/index.js';
import { TokenBox } from '../../platform/security/index.js';

/** What a link stands for: that this address wants no more marketing of this client's. */
export interface UnsubscribeLink {
  readonly clientId: ClientId;
  readonly deliveryId: string;
  readonly channel: string;
  readonly address: string;
}

const PURPOSE = 'unsubscribe';

/** Makes and reads the links in `List-Unsubscribe`. They last as long as the key that sealed them is in SECRET_KEY. */
@Injectable()
export class UnsubscribeLinks {
  private readonly log = new Logger(UnsubscribeLinks.name);
  private hasWarned = false;

  constructor(
    private readonly tokens: TokenBox,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  /** Null when nobody said where the house is reached from outside. */
  of({ clientId, deliveryId, channel, address }: UnsubscribeLink): string | null {
    const token = this.tokens.seal(PURPOSE, JSON.stringify([clientId, deliveryId, channel, address]));
    return publicUrlOf(this.env, `/unsubscribe/${token}`) ?? this.warn();
  }

  /** Null for what is no token of ours. */
  read(token: string): UnsubscribeLink | null {
    const text = this.tokens.open(PURPOSE, token);
    if (text === null) return null;
    const [clientId = '', deliveryId = '', channel = '', address = ''] = JSON.parse(text) as string[];
    return { clientId, deliveryId, channel, address };
  }

  private warn(): null {
    if (!this.hasWarned) this.log.warn('PUBLIC_URL is not set: marketing goes out without List-Unsubscribe.');
    this.hasWarned = true;
    return null;
  }
}

import { Injectable } from '@nestjs/common';
import type { CallToSign } from '../../extension/index.js';
import { headersOfCall } from '../../extension/webhook-signature.js';
import type { ClientId } from '../../platform/database/index.js';
import { SigningSecrets } from './signing-secrets.js';

/** Signs calls that the client's own secret is for: those of the channel `webhook`, and those that hand an event on. */
@Injectable()
export class ClientSignature {
  constructor(private readonly secrets: SigningSecrets) {}

  /**
   * The headers of a call that is made now. Without `webhook-signature` until the client has a secret.
   * @throws SigningLocked when it has one that cannot be opened
   */
  async headersOf(clientId: ClientId, call: CallToSign): Promise<Readonly<Record<string, string>>> {
    const live = await this.secrets.live(clientId, [clientId]);
    return headersOfCall({ ...call, at: new Date() }, live.get(clientId) ?? []);
  }
}

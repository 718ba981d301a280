import { Injectable } from '@nestjs/common';
import { noteAct } from '../../platform/audit/index.js';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import type { SigningState } from './signing-secrets.repository.js';
import { SigningSecrets } from './signing-secrets.js';

/** The client's own secret: what is called for it is signed with that, once there is one. */
@Injectable()
export class SigningService {
  constructor(private readonly secrets: SigningSecrets) {}

  /** @throws NotFound until one was made */
  async get(clientId: ClientId, tx?: Tx): Promise<SigningState> {
    const state = await this.secrets.state(clientId, clientId, tx);
    if (!state) throw new NotFound();
    return state;
  }

  async rotate(tx: Tx, clientId: ClientId, overlapSeconds: number): Promise<{ secret: string; state: SigningState }> {
    const secret = await this.secrets.rotate(tx, clientId, clientId, { overlapSeconds });
    const resource = { type: 'signing_secret', id: null };
    noteAct(tx, clientId, { action: 'signing_secret.rotated', resource, after: { overlapSeconds } });
    return { secret, state: await this.get(clientId, tx) };
  }
}

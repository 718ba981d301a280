import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { ClientId } from '../../platform/database/index.js';
import { KeyHasher, parseKey } from '../../platform/security/index.js';
import { ApiKeysRepository, type KeyWithClient } from './api-keys.repository.js';
import { configuredKey } from './default-client.js';

/** All that authentication may ask of this module. */
@Injectable()
export class KeyDirectory {
  private readonly configured?: { key: string; keyId: string; secret: string };

  private readonly renewing = new Set<string>();

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly hasher: KeyHasher,
    @Inject(ENV) env: ResolvedEnv,
  ) {
    if (env.CLIENT_KEY) this.configured = { key: env.CLIENT_KEY, ...configuredKey(env.CLIENT_KEY, hasher) };
  }

  /** The key id and secret of a presented key; null when it is mistyped, which costs no look-up. */
  read(presented: string): { keyId: string; secret: string } | null {
    return presented === this.configured?.key ? this.configured : parseKey(presented);
  }

  find(keyId: string): Promise<KeyWithClient | null> {
    return this.keys.findPresented(keyId);
  }

  findDead(
    keyIds: readonly string[],
  ): Promise<{ keyId: string; clientId: ClientId; reason: 'revoked' | 'expired' | 'suspended' }[]> {
    return this.keys.findDead(keyIds);
  }

  /**
   * Hashes a secret that has just been proven right with the newest pepper, so that the one before can be taken out of
   * `SECRET_KEY`. It waits for its next use while others wait for the thread.
   */
  async renew({ keyId, hash, pepper }: KeyWithClient, secret: string): Promise<void> {
    if (pepper === this.hasher.pepper || this.renewing.has(keyId) || this.hasher.isBusy) return;
    this.renewing.add(keyId);
    try {
      await this.keys.rehash(keyId, hash, await this.hasher.hash(secret), this.hasher.pepper);
    } finally {
      this.renewing.delete(keyId);
    }
  }

  touch(keyIds: readonly string[]): Promise<void> {
    return this.keys.touch(keyIds);
  }
}

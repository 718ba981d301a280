import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { noteAct } from '../../platform/audit/index.js';
import { Database, newId, statement } from '../../platform/database/index.js';
import { KeyHasher, type KeyType, parseKey } from '../../platform/security/index.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ClientsRepository } from './clients.repository.js';
import { KeysService } from './keys.service.js';

export const DEFAULT_CLIENT_SLUG = 'default';

/** Two processes that boot at once make it once. */
const LOCK = statement('default_client.lock', `SELECT pg_advisory_xact_lock(7242802)`);

/** Makes the default client with `CLIENT_KEY` as its master key, at the first boot that is given one. */
@Injectable()
export class DefaultClient implements OnModuleInit {
  private readonly log = new Logger(DefaultClient.name);

  constructor(
    @Inject(ENV) private readonly env: ResolvedEnv,
    private readonly database: Database,
    private readonly clients: ClientsRepository,
    private readonly keys: ApiKeysRepository,
    private readonly issuing: KeysService,
    private readonly hasher: KeyHasher,
  ) {}

  async onModuleInit(): Promise<void> {
    const key = this.env.CLIENT_KEY;
    if (!key) return;
    const { keyId, secret, type } = configuredKey(key, this.hasher);
    if (await this.keys.findPresented(keyId)) return;
    const hash = await this.hasher.hash(secret);
    const minted = { key, keyId, secret, type, hash, pepper: this.hasher.pepper };
    await this.database.transaction(async (tx) => {
      await tx.query(LOCK);
      if (await this.keys.findPresented(keyId)) return;
      const found = await this.clients.findBySlug(DEFAULT_CLIENT_SLUG, tx);
      const wish = { slug: DEFAULT_CLIENT_SLUG, name: 'Default', settings: {} };
      const { id } = found ?? (await this.clients.insert(tx, { ...wish, id: newId() }));
      if (!found) noteAct(tx, id, { action: 'client.created', resource: { type: 'client', id }, after: wish });
      await this.issuing.store(tx, id, minted, { name: 'CLIENT_KEY', type: 'master' });
      this.log.log(`The default client has CLIENT_KEY (${keyId}) as a master key.`);
    });
  }
}

/**
 * A `CLIENT_KEY` of our own form is used as it is. Any other text an operator chose works too:
 * its key id is derived from it, and the whole text is its secret.
 */
export function configuredKey(key: string, hasher: KeyHasher): { keyId: string; secret: string; type: KeyType } {
  const parsed = parseKey(key);
  if (parsed) return { keyId: parsed.keyId, secret: parsed.secret, type: 'master' };
  return { keyId: hasher.fingerprint(key).replaceAll(/[-_]/g, '0').slice(0, 12), secret: key, type: 'master' };
}

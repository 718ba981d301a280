import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { noteAct, noteChange } from '../../platform/audit/index.js';
import { type ClientId, Database, newId, Notices, type Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import type { Client, ClientSettings, ClientStatus } from './client.entity.js';
import { OperatorSetting } from './clients.errors.js';
import { type ClientFilter, ClientsRepository } from './clients.repository.js';
import { KeysService, type MintedKey } from './keys.service.js';

export interface ClientRegistration {
  readonly name: string;
  readonly slug?: string;
  readonly settings?: ClientSettings;
}

/** A value of null in `settings` takes the setting away. */
export type SettingsChanges = { readonly [Name in keyof ClientSettings]?: ClientSettings[Name] | null };

export interface ClientPatch {
  readonly name?: string;
  readonly status?: ClientStatus;
  readonly settings?: SettingsChanges;
}

/** What every process hears when a client's status or settings changed. */
export const CLIENT_CHANGED = 'clients.changed';

@Injectable()
export class ClientsService {
  constructor(
    private readonly database: Database,
    private readonly clients: ClientsRepository,
    private readonly keys: KeysService,
    private readonly notices: Notices,
  ) {}

  /** Stores a client with its first master key, whose secret is in the answer only. */
  async register(
    tx: Tx,
    { name, slug, settings = {} }: ClientRegistration,
    minted: MintedKey,
  ): Promise<{ client: Client; masterKey: string }> {
    const client = await this.clients.insert(tx, { id: newId(), name, slug: slug ?? slugFor(name), settings });
    noteAct(tx, client.id, { action: 'client.created', resource: named(client.id), after: said(client) });
    const { key } = await this.keys.store(tx, client.id, minted, { name: 'first master key', type: 'master' });
    return { client, masterKey: key };
  }

  async get(id: ClientId): Promise<Client> {
    const client = await this.clients.find(id);
    if (!client) throw new NotFound();
    return client;
  }

  page(filter: ClientFilter, limit: number, afterId: ClientId | null): Promise<Client[]> {
    return this.clients.page(filter, limit, afterId);
  }

  /** @throws OperatorSetting when a client changes what only the operator may */
  change(id: ClientId, patch: ClientPatch, by: 'operator' | 'client'): Promise<Client> {
    if (by === 'client' && patch.settings?.limits !== undefined) throw new OperatorSetting('limits');
    return this.database.transaction(async (tx) => {
      const before = await this.clients.lock(tx, id);
      if (!before) throw new NotFound();
      const client = await this.clients.update(tx, id, {
        ...(patch.name !== undefined && { name: patch.name }),
        ...(patch.status !== undefined && { status: patch.status }),
        settings: merged(before.settings, patch.settings ?? {}),
      });
      await this.notices.announce(CLIENT_CHANGED, { clientId: id, status: client.status }, tx);
      const action = before.status === client.status ? 'client.updated' : TURNED[client.status];
      noteChange(tx, id, { action, resource: named(id), before: said(before), after: said(client) });
      return client;
    });
  }

  /** It is nobody's at once; whatever is its own is removed soon, however much that is. */
  async remove(id: ClientId): Promise<void> {
    await this.database.transaction(async (tx) => {
      const before = await this.clients.lock(tx, id);
      if (!before) throw new NotFound();
      await this.clients.bury(tx, id);
      noteAct(tx, id, { action: 'client.deleted', resource: named(id), before: said(before) });
      await this.notices.announce(CLIENT_CHANGED, { clientId: id, status: 'deleted' }, tx);
    });
  }

  /** Those that were deleted, and still have something. */
  deleted(): Promise<ClientId[]> {
    return this.clients.deleted();
  }

  /** Removes what is left of a deleted one. */
  async forget(id: ClientId): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.clients.remove(tx, id);
      await this.notices.announce(CLIENT_CHANGED, { clientId: id, status: 'deleted' }, tx);
    });
  }
}

const TURNED = { active: 'client.resumed', suspended: 'client.suspended' } as const;
const named = (id: ClientId) => ({ type: 'client', id });
const said = ({ slug, name, status, settings }: Client): object => ({ slug, name, status, settings });

const merged = (before: ClientSettings, changes: SettingsChanges): ClientSettings =>
  Object.fromEntries(
    Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null && value !== undefined),
  );

/** Words of another client's address; the webhook routes of a client begin with its slug. */
export const RESERVED_SLUGS = ['sources', 'endpoints', 'events', 'event-types', 'signing-secret'] as const;

/** From the name, with a random end, so that two clients of one name do not collide. */
function slugFor(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  return `${words || 'client'}-${randomBytes(4).toString('hex')}`;
}

import { Injectable } from '@nestjs/common';
import { noteAct, noteChange } from '../../platform/audit/index.js';
import { type ClientId, Database, newId, Notices, type Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import type { ProviderLimits, ProviderRecord, ProviderRole } from './provider.entity.js';
import type { Shown } from './provider.view.js';
import { PROVIDERS_CHANGED, PROVIDERS_SET } from './provider-breakers.js';
import type { Route } from './provider-router.js';
import { ProviderSender } from './provider-sender.js';
import { ProviderSettings, type Settings } from './provider-settings.js';
import { ProvidersRepository } from './providers.repository.js';

export interface ProviderWish {
  readonly kind: string;
  readonly name: string;
  readonly settings: Settings;
  readonly role: ProviderRole;
  readonly priority: number;
  readonly weight: number;
  readonly limits?: ProviderLimits;
  readonly enabled: boolean;
}
export type ProviderPatch = Partial<Omit<ProviderWish, 'kind'>>;

const VERIFY_MS = 15_000;

@Injectable()
export class ProvidersService {
  constructor(
    private readonly database: Database,
    private readonly providers: ProvidersRepository,
    private readonly settings: ProviderSettings,
    private readonly sender: ProviderSender,
    private readonly notices: Notices,
  ) {}

  async add(
    tx: Tx,
    clientId: ClientId,
    { kind, settings, limits = {}, ...wish }: ProviderWish,
  ): Promise<ProviderRecord> {
    const { channels } = this.settings.kind(kind);
    const checked = this.settings.check(kind, settings);
    const id = newId();
    const channel = channels.length > 1 ? String(checked.channel) : (channels[0] ?? '');
    const provider = await this.providers.insert(tx, {
      ...wish,
      clientId,
      id,
      kind,
      channel,
      limits,
      settings: this.settings.seal(clientId, id, checked),
    });
    await this.changed(tx, clientId);
    const after = { kind, channel, limits, ...wish, settings: this.settings.masked(kind, checked) };
    noteAct(tx, clientId, { action: 'provider.created', resource: named(id), after });
    return provider;
  }

  async get(clientId: ClientId, id: string): Promise<ProviderRecord> {
    const provider = await this.providers.find(clientId, id);
    if (!provider) throw new NotFound();
    return provider;
  }

  page(clientId: ClientId, limit: number, afterId: string | null): Promise<ProviderRecord[]> {
    return this.providers.page(clientId, limit, afterId);
  }

  /** Settings that are not sent, and secrets that are sent back masked, stay as they are. */
  change(clientId: ClientId, id: string, { settings, ...patch }: ProviderPatch): Promise<ProviderRecord> {
    return this.database.transaction(async (tx) => {
      const before = await this.providers.lock(tx, clientId, id);
      if (!before) throw new NotFound();
      const known = settings && this.settings.open(clientId, id, before.settings);
      const merged = settings && known && this.settings.merged(before.kind, known, settings);
      const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const provider = await this.providers.update(tx, clientId, id, {
        ...said,
        ...(merged && { settings: this.settings.seal(clientId, id, merged) }),
      });
      await this.changed(tx, clientId);
      const act = { action: 'provider.updated', resource: named(id) } as const;
      const [was, is] = [saidOf(before, known), saidOf(provider, merged)];
      noteChange(tx, clientId, { ...act, before: was, after: is }, (part) => this.masked(before.kind, part));
      return provider;
    });
  }

  async remove(clientId: ClientId, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const before = await this.providers.lock(tx, clientId, id);
      if (!before) throw new NotFound();
      await this.providers.delete(tx, clientId, id);
      await this.changed(tx, clientId);
      const { kind, channel } = before;
      const act = { action: 'provider.deleted', resource: named(id) } as const;
      noteAct(tx, clientId, { ...act, before: { kind, channel, ...saidOf(before) } });
    });
  }

  /** Tries the credentials. @returns what is wrong; null when they work */
  async verify(clientId: ClientId, id: string): Promise<string | null> {
    const provider = await this.get(clientId, id);
    const fault = await this.sender.verify(this.routeTo(provider), AbortSignal.timeout(VERIFY_MS));
    const act = { action: 'provider.verified', resource: named(id), after: { ok: fault === null } } as const;
    await this.database.transaction(async (tx) => noteAct(tx, clientId, act));
    return fault;
  }

  /** To be called by itself, whatever its breaker and limits say. @throws DomainError when its settings cannot be opened */
  routeTo({ clientId, id, kind, name, settings: sealed }: ProviderRecord): Route {
    const settings = this.settings.open(clientId, id, sealed);
    return { clientId, providerId: id, kind, name, settings, isOwn: false, limits: null, gate: null };
  }

  /** As callers may see it. */
  shown({ clientId, id, kind, settings }: ProviderRecord): Shown {
    return {
      settings: this.settings.masked(kind, this.settings.open(clientId, id, settings)),
      eventsUrl: this.sender.hears(kind) ? this.sender.eventsUrl(id) : null,
    };
  }

  private masked(kind: string, part: { readonly settings?: Settings }): object {
    return part.settings ? { ...part, settings: this.settings.masked(kind, part.settings) } : part;
  }

  private async changed(tx: Tx, clientId: ClientId): Promise<void> {
    await this.notices.announce(PROVIDERS_CHANGED, { clientId }, tx);
    await this.notices.announce(PROVIDERS_SET, { clientId }, tx);
  }
}

const named = (id: string) => ({ type: 'provider', id });

const saidOf = (provider: ProviderRecord, settings?: Settings): object => {
  const { name, role, priority, weight, limits, enabled } = provider;
  return { name, role, priority, weight, limits, enabled, ...(settings && { settings }) };
};

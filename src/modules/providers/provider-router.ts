import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { type ClientId, Notices } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';
import { ProviderSettings, type Settings } from './provider-settings.js';
import { ProvidersRepository } from './providers.repository.js';

/** A provider ready to be called. */
export interface Route {
  /** Null for the mail catcher, which is nobody's. */
  readonly providerId: string | null;
  readonly kind: string;
  /** Null when they cannot be opened with the current SECRET_KEY. */
  readonly settings: Settings | null;
  /** The installation's own: not bound by the guard on addresses. */
  readonly isOwn: boolean;
}

export const PROVIDERS_CHANGED = 'providers.changed';
const CACHE = { max: 10_000, ttl: 60_000 };

/** Chooses the providers for a message, the first choice first. Quotas and breakers will weigh in here. */
@Injectable()
export class ProviderRouter implements OnModuleInit {
  private readonly log = new Logger(ProviderRouter.name);
  private readonly routes = new LRUCache<ClientId, Promise<(Route & { readonly channel: string })[]>>(CACHE);

  constructor(
    private readonly providers: ProvidersRepository,
    private readonly settings: ProviderSettings,
    private readonly registry: ProviderRegistry,
    private readonly notices: Notices,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.notices.on(PROVIDERS_CHANGED, ({ clientId = '' }) => this.routes.delete(clientId));
    this.notices.onGap(() => this.routes.clear());
  }

  /** @param providerId the one the caller asked for; only that one then */
  async choose(clientId: ClientId, channel: string, providerId: string | null): Promise<Route[]> {
    const routes = (await this.routesOf(clientId)).filter(
      (route) => route.channel === channel && (providerId === null || route.providerId === providerId),
    );
    if (routes.length > 0 || providerId !== null) return routes;
    return channel === 'email' && this.env.ENVIRONMENT === 'local' && this.env.MAIL_CATCHER_URL
      ? [mailCatcher(this.env.MAIL_CATCHER_URL)]
      : [];
  }

  private routesOf(clientId: ClientId): Promise<(Route & { readonly channel: string })[]> {
    const known = this.routes.get(clientId);
    if (known) return known;
    const reading = this.read(clientId);
    this.routes.set(clientId, reading);
    reading.catch(() => this.routes.delete(clientId));
    return reading;
  }

  private async read(clientId: ClientId): Promise<(Route & { readonly channel: string })[]> {
    const rows = await this.providers.enabled(clientId);
    return rows
      .filter(({ kind }) => this.registry.find(kind)) // a plugin that was taken out leaves its rows behind
      .map(({ id, kind, channel, settings }) => ({
        providerId: id,
        kind,
        channel,
        settings: this.opened(clientId, id, settings),
        isOwn: false,
      }));
  }

  /** One that cannot be opened is at fault by itself: the others are tried, and its work waits. */
  private opened(clientId: ClientId, id: string, sealed: SealedSecret): Settings | null {
    try {
      return this.settings.open(clientId, id, sealed);
    } catch (error) {
      this.log.warn(`Provider ${id}: ${String(error)}`);
      return null;
    }
  }
}

function mailCatcher(url: string): Route {
  const { hostname, port } = new URL(url);
  return {
    providerId: null,
    kind: 'smtp',
    settings: { host: hostname, port: Number(port || 25), secure: false, from: 'chatapi@localhost.localdomain' },
    isOwn: true,
  };
}

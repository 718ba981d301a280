import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { Outcome } from '../../extension/outcome.js';
import { ProviderRegistry, type RegisteredProvider } from '../../extension/provider-registry.js';
import { type ClientId, Notices } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';
import { ProviderSettings, type Settings } from './provider-settings.js';
import { ProvidersRepository } from './providers.repository.js';

/** A provider ready to be called. */
export interface Route {
  /** Null for what is nobody's own: the mail catcher, a built-in provider. */
  readonly providerId: string | null;
  readonly name: string;
  readonly kind: string;
  /** Null when they cannot be opened with the current SECRET_KEY. */
  readonly settings: Settings | null;
  /** The installation's own: not bound by the guard on addresses. */
  readonly isOwn: boolean;
}

/** What a provider is asked for. */
export interface RouteWish {
  readonly channel: string;
  readonly addressKind: string | null;
  /** The one the caller asked for; only that one then. */
  readonly providerId: string | null;
  /** Of the whole notification: many of them make it bulk. */
  readonly recipients: number;
}

/** A provider that is not asked, and why. */
export interface PassedOver {
  readonly providerId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly reason: 'breaker_open' | 'quota_exceeded' | 'role' | 'settings';
  /** After so long it may be asked again. */
  readonly forSeconds?: number;
}

export interface Choice {
  /** To be tried in this order, until one is not itself at fault. */
  readonly routes: readonly Route[];
  readonly passedOver: readonly PassedOver[];
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

  /** The providers for a message. None, and none passed over, means that there is no provider at all. */
  async choose(clientId: ClientId, { channel, addressKind, providerId }: RouteWish): Promise<Choice> {
    const routes = (await this.routesOf(clientId)).filter(
      (route) =>
        route.channel === channel &&
        (providerId === null || route.providerId === providerId) &&
        reaches(this.registry.find(route.kind), addressKind),
    );
    if (routes.length > 0 || providerId !== null) return { routes, passedOver: [] };
    return { routes: this.houseRoutes(channel, addressKind), passedOver: [] };
  }

  /** Whether there is any provider for addresses of a kind, be it well or not. */
  async serves(clientId: ClientId, channel: string, addressKind: string | null): Promise<boolean> {
    const { routes, passedOver } = await this.choose(clientId, {
      channel,
      addressKind,
      providerId: null,
      recipients: 1,
    });
    return routes.length + passedOver.length > 0;
  }

  /**
   * Just before a call: may it be made now? Takes one of the provider's quota, and the probe of a breaker that is half open.
   * @returns null when it may, else why not
   */
  admit(_clientId: ClientId, _route: Route, _count = 1): Promise<PassedOver | null> {
    return Promise.resolve(null);
  }

  /** Just after a call: what it says of the provider's health. */
  report(_clientId: ClientId, _route: Route, _call: { outcome: Outcome; durationMs: number }): void {}

  /** What the house itself has for a channel of which the client has nothing. */
  private houseRoutes(channel: string, addressKind: string | null): Route[] {
    const builtIn = this.registry
      .all()
      .filter((kind) => kind.isBuiltIn && kind.channels.includes(channel) && reaches(kind, addressKind))
      .map(({ kind, title }) => ({ providerId: null, name: title, kind, settings: {}, isOwn: false }));
    if (builtIn.length > 0 || channel !== 'email') return builtIn;
    return this.env.ENVIRONMENT === 'local' && this.env.MAIL_CATCHER_URL
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
      .map(({ id, name, kind, channel, settings }) => ({
        providerId: id,
        name,
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
    name: 'Mail catcher',
    kind: 'smtp',
    settings: { host: hostname, port: Number(port || 25), secure: false, from: 'chatapi@localhost.localdomain' },
    isOwn: true,
  };
}

const reaches = (kind: RegisteredProvider | undefined, addressKind: string | null): boolean =>
  addressKind === null || kind?.addresses === undefined || kind.addresses.includes(addressKind);

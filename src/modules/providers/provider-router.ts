import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ENV, type ResolvedEnv } from '../../config/index.js';
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
  readonly settings: Settings;
  /** The installation's own: not bound by the guard on addresses. */
  readonly isOwn: boolean;
}

/** What a provider is asked for. */
export interface RouteWish {
  readonly channel: string;
  readonly addressKind: string | null;
  /** The one the caller asked for; only that one then. */
  readonly providerId: string | null;
}

/** A provider that is not asked, and why. */
export interface PassedOver {
  readonly providerId: string | null;
  readonly name: string;
  readonly kind: string;
  /** Its settings cannot be opened with the current SECRET_KEY. */
  readonly reason: 'settings';
}

export interface Choice {
  /** To be tried in this order, until one is not itself at fault. */
  readonly routes: readonly Route[];
  readonly passedOver: readonly PassedOver[];
}

/** A client's enabled provider; its settings null when they cannot be opened. */
type Candidate = Omit<Route, 'settings' | 'isOwn'> & { readonly channel: string; readonly settings: Settings | null };

export const PROVIDERS_CHANGED = 'providers.changed';
const CACHE = { max: 10_000, ttl: 60_000 };

/** Chooses the providers for a message, the first choice first. */
@Injectable()
export class ProviderRouter implements OnModuleInit {
  private readonly log = new Logger(ProviderRouter.name);
  private readonly candidates = new LRUCache<ClientId, Promise<Candidate[]>>(CACHE);

  constructor(
    private readonly providers: ProvidersRepository,
    private readonly settings: ProviderSettings,
    private readonly registry: ProviderRegistry,
    private readonly notices: Notices,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    this.notices.on(PROVIDERS_CHANGED, ({ clientId = '' }) => this.candidates.delete(clientId));
    this.notices.onGap(() => this.candidates.clear());
  }

  /** The providers for a message. None, and none passed over, means that there is no provider at all. */
  async choose(clientId: ClientId, { channel, addressKind, providerId }: RouteWish): Promise<Choice> {
    const fitting = (await this.candidatesOf(clientId)).filter(
      (one) =>
        one.channel === channel &&
        (providerId === null || one.providerId === providerId) &&
        reaches(this.registry.find(one.kind), addressKind),
    );
    if (fitting.length === 0 && providerId === null)
      return { routes: this.houseRoutes(channel, addressKind), passedOver: [] };
    return {
      routes: fitting.flatMap(({ settings, channel: _channel, ...one }) =>
        settings ? { ...one, settings, isOwn: false } : [],
      ),
      passedOver: fitting.flatMap(({ providerId: id, name, kind, settings }) =>
        settings ? [] : { providerId: id, name, kind, reason: 'settings' as const },
      ),
    };
  }

  /** Whether there is any provider for addresses of a kind, be it well or not. */
  async serves(clientId: ClientId, channel: string, addressKind: string | null): Promise<boolean> {
    const { routes, passedOver } = await this.choose(clientId, { channel, addressKind, providerId: null });
    return routes.length + passedOver.length > 0;
  }

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

  private candidatesOf(clientId: ClientId): Promise<Candidate[]> {
    const known = this.candidates.get(clientId);
    if (known) return known;
    const reading = this.read(clientId);
    this.candidates.set(clientId, reading);
    reading.catch(() => this.candidates.delete(clientId));
    return reading;
  }

  private async read(clientId: ClientId): Promise<Candidate[]> {
    const rows = await this.providers.enabled(clientId);
    return rows
      .filter(({ kind }) => this.registry.find(kind)) // a plugin that was taken out leaves its rows behind
      .map(({ id: providerId, name, kind, channel, settings }) => ({
        ...{ providerId, name, kind, channel },
        settings: this.opened(clientId, providerId, settings),
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

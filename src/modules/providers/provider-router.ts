import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { ProviderRegistry, type RegisteredProvider } from '../../extension/provider-registry.js';
import type { ClientId } from '../../platform/database/index.js';
import { type CallReport, type Gate, ProviderBreakers } from './provider-breakers.js';
import { type Candidate, ProviderCandidates } from './provider-candidates.js';
import type { ProviderLimits } from './provider.entity.js';
import { ProviderQuotas } from './provider-quotas.js';
import type { Settings } from './provider-settings.js';
import { byRole, DEFAULT_ROUTING, ranked } from './routing.rules.js';

/** A provider ready to be called. */
export interface Route {
  /** Whose message goes there. */
  readonly clientId: ClientId;
  /** Null for what is nobody's own: the mail catcher, a built-in provider. */
  readonly providerId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly settings: Settings;
  /** The installation's own: not bound by the guard on addresses. */
  readonly isOwn: boolean;
  /** Null of one without. */
  readonly limits: ProviderLimits | null;
  /** Null while its breaker is closed. */
  readonly gate: Gate | null;
}

/** What a provider is asked for. */
export interface RouteWish {
  readonly channel: string;
  readonly addressKind: string | null;
  /** The one the caller asked for; only that one then. */
  readonly providerId: string | null;
  /** Of the whole notification. */
  readonly recipients: number;
  /** Where providers are drawn by weight the draw is the delivery's own; null before there is one. */
  readonly deliveryId: string | null;
}

/**
 * - `settings`: they cannot be opened with the current SECRET_KEY.
 * - `role`: it is for notifications to more recipients, or to fewer.
 * - `breaker_open`: it was at fault too often, and is left alone.
 * - `quota_exceeded`: one of its limits is used up.
 */
export const PASS_REASONS = ['settings', 'role', 'breaker_open', 'quota_exceeded'] as const;
export type PassReason = (typeof PASS_REASONS)[number];

/** A provider that is not asked, and why. */
export interface PassedOver {
  readonly providerId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly reason: PassReason;
  /** It is worth asking again then; null where time alone changes nothing. */
  readonly forSeconds: number | null;
}

export interface Choice {
  /** To be tried in this order, until one is not itself at fault. */
  readonly routes: readonly Route[];
  readonly passedOver: readonly PassedOver[];
}

/** A call may be made; it is to be reported how it ended. */
export interface Admitted {
  readonly isProbe: boolean;
}

const ADMITTED: Admitted = { isProbe: false };

/** Chooses the providers for a message, the first choice first, and lets its calls through. */
@Injectable()
export class ProviderRouter {
  constructor(
    private readonly candidates: ProviderCandidates,
    private readonly registry: ProviderRegistry,
    private readonly breakers: ProviderBreakers,
    private readonly quotas: ProviderQuotas,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  /** The providers for a message. None, and none passed over, means that there is no provider at all. */
  async choose(clientId: ClientId, { channel, addressKind, providerId, ...wish }: RouteWish): Promise<Choice> {
    const { providers, routing } = await this.candidates.of(clientId);
    const reaching = providers.filter(
      (one) =>
        one.channel === channel &&
        (providerId === null || one.providerId === providerId) &&
        reaches(this.registry.find(one.kind), addressKind),
    );
    if (reaching.length === 0 && providerId === null)
      return { routes: this.houseRoutes(clientId, channel, addressKind), passedOver: [] };
    const how = routing[channel] ?? DEFAULT_ROUTING;
    const { fit, others } =
      providerId === null ? byRole(reaching, wish.recipients, how) : { fit: reaching, others: [] };
    const sorted = ranked(fit, how, wish.deliveryId).map((one) => ({ one, pass: passOf(one) }));
    return {
      routes: sorted.flatMap(({ one, pass }) => (pass ? [] : routeOf(clientId, one))),
      passedOver: [...sorted.flatMap(({ pass }) => pass ?? []), ...others.map((one) => passedOver(one, 'role', null))],
    };
  }

  /** What choosing and admitting would do now, without taking any of a limit. */
  async explain(clientId: ClientId, wish: RouteWish): Promise<Choice> {
    const choice = await this.choose(clientId, wish);
    const looked = await Promise.all(
      choice.routes.map(async (route) => ({ route, pass: await this.lookAt(clientId, route) })),
    );
    return {
      routes: looked.flatMap(({ route, pass }) => (pass ? [] : route)),
      passedOver: [...looked.flatMap(({ pass }) => pass ?? []), ...choice.passedOver],
    };
  }

  /** Lets one call of a provider through, or says why not. @throws Unavailable */
  async admit(clientId: ClientId, route: Route): Promise<Admitted | PassedOver> {
    const { providerId, gate, limits } = route;
    if (providerId === null || (!gate && !limits)) return ADMITTED;
    const provider = { clientId, providerId };
    const admitted = await this.breakers.admit(provider, gate);
    if ('forSeconds' in admitted) return passedOver(route, 'breaker_open', admitted.forSeconds);
    if (!limits) return admitted;
    try {
      const forSeconds = await this.quotas.take(provider, limits);
      if (forSeconds === null) return admitted;
      if (admitted.isProbe) await this.breakers.leave(provider, gate);
      return passedOver(route, 'quota_exceeded', forSeconds);
    } catch (error) {
      if (admitted.isProbe) await this.breakers.leave(provider, gate);
      throw error;
    }
  }

  /** How a call that was let through ended. */
  async report(clientId: ClientId, { providerId, gate }: Route, report: CallReport): Promise<void> {
    if (providerId !== null) await this.breakers.report({ clientId, providerId }, gate, report);
  }

  /** A call that was let through was not made, or nobody knows how it ended. */
  async abandon(clientId: ClientId, { providerId, gate }: Route, { isProbe }: Admitted): Promise<void> {
    if (providerId !== null && isProbe) await this.breakers.leave({ clientId, providerId }, gate);
  }

  /** Whether there is any provider for addresses of a kind, be it well or not. */
  async serves(clientId: ClientId, channel: string, addressKind: string | null): Promise<boolean> {
    const wish = { channel, addressKind, providerId: null, recipients: 1, deliveryId: null };
    const { routes, passedOver: others } = await this.choose(clientId, wish);
    return routes.length + others.length > 0;
  }

  private async lookAt(clientId: ClientId, route: Route): Promise<PassedOver | null> {
    if (route.providerId === null || !route.limits) return null;
    const forSeconds = await this.quotas.peek({ clientId, providerId: route.providerId }, route.limits);
    return forSeconds === null ? null : passedOver(route, 'quota_exceeded', forSeconds);
  }

  /** What the house itself has for a channel of which the client has nothing. */
  private houseRoutes(clientId: ClientId, channel: string, addressKind: string | null): Route[] {
    const builtIn = this.registry
      .all()
      .filter((kind) => kind.isBuiltIn && kind.channels.includes(channel) && reaches(kind, addressKind))
      .map(({ kind, title }) => ({ ...OF_THE_HOUSE, clientId, name: title, kind, settings: {}, isOwn: false }));
    if (builtIn.length > 0 || channel !== 'email') return builtIn;
    return this.env.ENVIRONMENT === 'local' && this.env.MAIL_CATCHER_URL
      ? [mailCatcher(clientId, this.env.MAIL_CATCHER_URL)]
      : [];
  }
}

const OF_THE_HOUSE = { providerId: null, limits: null, gate: null } as const;

function mailCatcher(clientId: ClientId, url: string): Route {
  const { hostname, port } = new URL(url);
  return {
    ...OF_THE_HOUSE,
    clientId,
    name: 'Mail catcher',
    kind: 'smtp',
    settings: { host: hostname, port: Number(port || 25), secure: false, from: 'chatapi@localhost.localdomain' },
    isOwn: true,
  };
}

const reaches = (kind: RegisteredProvider | undefined, addressKind: string | null): boolean =>
  addressKind === null || kind?.addresses === undefined || kind.addresses.includes(addressKind);

function passOf(candidate: Candidate): PassedOver | null {
  if (!candidate.settings) return passedOver(candidate, 'settings', null);
  const secondsLeft = candidate.gate?.secondsLeft ?? 0;
  return secondsLeft > 0 ? passedOver(candidate, 'breaker_open', secondsLeft) : null;
}

const routeOf = (clientId: ClientId, { providerId, name, kind, settings, limits, gate }: Candidate): Route[] =>
  settings ? [{ clientId, providerId, name, kind, settings, isOwn: false, limits, gate }] : [];

const passedOver = (
  { providerId, name, kind }: Pick<Route, 'providerId' | 'name' | 'kind'>,
  reason: PassReason,
  forSeconds: number | null,
): PassedOver => ({ providerId, name, kind, reason, forSeconds });

import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { type ClientId, Notices } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';
import { Gate, PROVIDERS_CHANGED } from './provider-breakers.js';
import type { ProviderLimits, ProviderRecord } from './provider.entity.js';
import { ProviderHealthRepository } from './provider-health.repository.js';
import { ProviderRoutingRepository } from './provider-routing.repository.js';
import { ProviderSettings, type Settings } from './provider-settings.js';
import { ProvidersRepository } from './providers.repository.js';
import { hasLimits } from './quota.rules.js';
import type { Ranked, Routing } from './routing.rules.js';

/** A client's enabled provider. */
export interface Candidate extends Ranked {
  readonly providerId: string;
  readonly name: string;
  readonly kind: string;
  readonly channel: string;
  /** Null when they cannot be opened. */
  readonly settings: Settings | null;
  /** Null of one without. */
  readonly limits: ProviderLimits | null;
  /** Null while its breaker is closed. */
  readonly gate: Gate | null;
}

export interface Candidates {
  readonly providers: readonly Candidate[];
  readonly routing: Routing;
}

const CACHE = { max: 10_000, ttl: 60_000 };

/** The providers that a client has, from memory until one of them changes. */
@Injectable()
export class ProviderCandidates implements OnModuleInit {
  private readonly log = new Logger(ProviderCandidates.name);
  private readonly known = new LRUCache<ClientId, Promise<Candidates>>(CACHE);

  constructor(
    private readonly providers: ProvidersRepository,
    private readonly routings: ProviderRoutingRepository,
    private readonly health: ProviderHealthRepository,
    private readonly settings: ProviderSettings,
    private readonly registry: ProviderRegistry,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(PROVIDERS_CHANGED, ({ clientId = '' }) => this.known.delete(clientId));
    this.notices.onGap(() => this.known.clear());
  }

  /** The first choice by priority first. */
  of(clientId: ClientId): Promise<Candidates> {
    const known = this.known.get(clientId);
    if (known) return known;
    const reading = this.read(clientId);
    this.known.set(clientId, reading);
    reading.catch(() => this.known.delete(clientId));
    return reading;
  }

  private async read(clientId: ClientId): Promise<Candidates> {
    const [rows, routing, open] = await Promise.all([
      this.providers.enabled(clientId),
      this.routings.find(clientId),
      this.health.openOf(clientId),
    ]);
    const gates = new Map(open.map(({ providerId, secondsLeft }) => [providerId, new Gate(secondsLeft)]));
    const installed = rows.filter(({ kind }) => this.registry.find(kind)); // a plugin that was taken out leaves its rows behind
    return { routing, providers: installed.map((row) => this.candidate(clientId, row, gates.get(row.id) ?? null)) };
  }

  private candidate(clientId: ClientId, row: ProviderRecord, gate: Gate | null): Candidate {
    const { id: providerId, name, kind, channel, role, priority, weight, limits } = row;
    return {
      ...{ providerId, name, kind, channel, role, priority, weight, gate },
      limits: hasLimits(limits) ? limits : null,
      settings: this.opened(clientId, providerId, row.settings),
    };
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

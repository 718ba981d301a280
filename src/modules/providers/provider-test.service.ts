import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { Outcome } from '../../extension/index.js';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { type ClientId, newId } from '../../platform/database/index.js';
import { DomainError, InvalidInput } from '../../platform/errors/index.js';
import { verdictOf } from './breaker.rules.js';
import { ProviderBreakers } from './provider-breakers.js';
import { ProviderHealthRepository } from './provider-health.repository.js';
import { ProviderQuotas } from './provider-quotas.js';
import { ProviderSender } from './provider-sender.js';
import type { ProviderRecord } from './provider.entity.js';
import { ProvidersService } from './providers.service.js';
import { hasLimits } from './quota.rules.js';
import { destinationOf, testContentOf } from './test-message.rules.js';

export interface Tested {
  readonly outcome: Outcome;
  readonly durationMs: number;
}

/** Sends one real message through one provider, whatever its role, its breaker and whether it is switched on. */
@Injectable()
export class ProviderTestService {
  constructor(
    private readonly providers: ProvidersService,
    private readonly channels: ChannelRegistry,
    private readonly registry: ProviderRegistry,
    private readonly sender: ProviderSender,
    private readonly quotas: ProviderQuotas,
    private readonly breakers: ProviderBreakers,
    private readonly health: ProviderHealthRepository,
  ) {}

  /** It counts against the limits; when it goes well an open breaker closes. @throws NotFound, InvalidInput, `quota_exceeded` */
  async test(clientId: ClientId, id: string, to: string): Promise<Tested> {
    const provider = await this.providers.get(clientId, id);
    const message = this.messageFor(provider, to);
    const route = this.providers.routeTo(provider);
    const name = { clientId, providerId: id };
    if (hasLimits(provider.limits)) {
      const forSeconds = await this.quotas.take(name, provider.limits);
      if (forSeconds !== null) throw quotaExceeded(forSeconds);
    }
    const begun = performance.now();
    const signal = AbortSignal.timeout(this.sender.deadlineMs(route));
    const outcome = await this.sender.send(route, message, { deliveryId: newId(), attempt: 1, signal });
    const durationMs = Math.round(performance.now() - begun);
    const closes = verdictOf(outcome) === 'well' && ((await this.health.breaker(clientId, id))?.isOpen ?? false);
    await this.breakers.report(name, null, { outcome, durationMs, isProbe: closes });
    return { outcome, durationMs };
  }

  private messageFor({ kind, channel }: ProviderRecord, to: string): object {
    const made = this.channels.find(channel)?.channel;
    const content = testContentOf(channel);
    if (!made?.messageOf || !content)
      throw new DomainError('conflict', 'conflict', `There is no test message for the channel ${channel}.`);
    const destination = destinationOf(channel, this.registry.find(kind)?.addresses ?? [], to);
    if (!destination) throw InvalidInput.at('/to', 'not_an_address', `This is no address of the channel ${channel}.`);
    return made.messageOf(content, destination);
  }
}

const quotaExceeded = (forSeconds: number): DomainError =>
  new DomainError('rate_limited', 'quota_exceeded', 'A limit of this provider is used up.', {
    retryAfterSeconds: Math.max(1, Math.ceil(forSeconds)),
    scope: 'provider',
  });

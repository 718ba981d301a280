import { Injectable } from '@nestjs/common';
import { type Outcome, providerFault } from '../../extension/index.js';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { Metrics } from '../../platform/observability/index.js';
import { Egress } from '../../platform/security/index.js';
import type { Route } from './provider-router.js';
import { ProviderSettings, type Settings } from './provider-settings.js';

export interface SendCall {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PASS = (host: string): Promise<string> => Promise.resolve(host);

/** Calls providers, within a deadline, and keeps their secrets out of what they answer. */
@Injectable()
export class ProviderSender {
  private readonly seconds;

  constructor(
    private readonly registry: ProviderRegistry,
    private readonly settings: ProviderSettings,
    private readonly egress: Egress,
    metrics: Metrics,
  ) {
    this.seconds = metrics.histogram(
      'provider_send_seconds',
      'Time of a provider’s answer, by how the call ended',
      SECONDS,
      ['kind', 'outcome'],
    );
  }

  async send(route: Route, message: object, call: SendCall): Promise<Outcome> {
    const kind = this.registry.find(route.kind);
    if (!kind) return providerFault('The plugin of this provider is not installed.');
    const { settings } = route;
    if (!settings) return providerFault('The settings of this provider cannot be opened.');
    const outcome = await this.timed(route.kind, () =>
      kind.provider.send({ ...call, settings, addressOf: this.addressOf(route) }, message),
    );
    return outcome.detail === undefined
      ? outcome
      : { ...outcome, detail: this.settings.redact(route.kind, settings, outcome.detail) };
  }

  /** @returns what is wrong; null when the credentials work */
  async verify(kind: string, settings: Settings, signal: AbortSignal): Promise<string | null> {
    try {
      await this.registry
        .find(kind)
        ?.provider.verify?.({ settings, signal, addressOf: (host) => this.egress.addressOf(host) });
      return null;
    } catch (error) {
      return this.settings.redact(kind, settings, error instanceof Error ? error.message : String(error));
    }
  }

  private async timed(kind: string, send: () => Promise<Outcome>): Promise<Outcome> {
    const end = this.seconds.startTimer({ kind });
    try {
      const outcome = await send();
      end({ outcome: outcome.kind === 'failed' ? `${outcome.fault}_fault` : outcome.kind });
      return outcome;
    } catch (error) {
      end({ outcome: 'error' });
      throw error;
    }
  }

  private addressOf({ isOwn }: Route): (host: string) => Promise<string> {
    return isOwn ? PASS : (host) => this.egress.addressOf(host);
  }
}

import { Injectable } from '@nestjs/common';
import { type Outcome, providerFault } from '../../extension/index.js';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { Egress } from '../../platform/security/index.js';
import type { Route } from './provider-router.js';
import { ProviderSettings, type Settings } from './provider-settings.js';

export interface SendCall {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

const PASS = (host: string): Promise<string> => Promise.resolve(host);

/** Calls providers, within a deadline, and keeps their secrets out of what they answer. */
@Injectable()
export class ProviderSender {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly settings: ProviderSettings,
    private readonly egress: Egress,
  ) {}

  async send(route: Route, message: object, call: SendCall): Promise<Outcome> {
    const kind = this.registry.find(route.kind);
    if (!kind) return providerFault('The plugin of this provider is not installed.');
    const { settings } = route;
    if (!settings) return providerFault('The settings of this provider cannot be opened.');
    const outcome = await kind.provider.send({ ...call, settings, addressOf: this.addressOf(route) }, message);
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

  private addressOf({ isOwn }: Route): (host: string) => Promise<string> {
    return isOwn ? PASS : (host) => this.egress.addressOf(host);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { type BatchItem, type CallContext, type Outcome, providerFault } from '../../extension/index.js';
import { ProviderRegistry } from '../../extension/provider-registry.js';
import { isLocal, publicUrlOf } from '../../platform/http/index.js';
import { inSpan, Metrics } from '../../platform/observability/index.js';
import { currentHops } from '../../platform/outbox/index.js';
import { Egress, OutboundHttp } from '../../platform/security/index.js';
import { untilAborted } from '../../platform/signals/index.js';
import { ClientSignature } from '../signing/index.js';
import type { Route } from './provider-router.js';
import { ProviderSettings, type Settings } from './provider-settings.js';

export interface SendCall {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const DEADLINE_SECONDS = 15;
const PASS = (host: string): Promise<string> => Promise.resolve(host);

/** Calls providers, within a deadline, and keeps their secrets out of what they answer. */
@Injectable()
export class ProviderSender {
  private readonly seconds;
  private readonly batchSeconds;
  private readonly outcomes;

  constructor(
    private readonly registry: ProviderRegistry,
    private readonly settings: ProviderSettings,
    private readonly egress: Egress,
    private readonly http: OutboundHttp,
    private readonly signature: ClientSignature,
    @Inject(ENV) private readonly env: ResolvedEnv,
    metrics: Metrics,
  ) {
    this.seconds = metrics.histogram(
      'provider_send_seconds',
      'Time of a provider’s answer, by how the call ended',
      SECONDS,
      ['kind', 'outcome'],
    );
    this.batchSeconds = metrics.histogram(
      'provider_batch_seconds',
      'Time of a provider’s answer to many messages at once',
      SECONDS,
      ['kind'],
    );
    this.outcomes = metrics.counter('provider_outcomes_total', 'Messages given to providers, by what came of them', [
      'kind',
      'outcome',
    ]);
  }

  async send(route: Route, message: object, { signal, ...call }: SendCall): Promise<Outcome> {
    const kind = this.registry.find(route.kind);
    if (!kind) return providerFault('The plugin of this provider is not installed.');
    const { settings } = route;
    const context = { ...call, ...this.context(route, signal) };
    const about = { 'chatapi.delivery_id': call.deliveryId, 'chatapi.attempt': call.attempt, ...spanOf(route) };
    const outcome = await inSpan(`send ${route.kind}`, 'client', about, async (note) => {
      const said = await this.timed(route.kind, () => kind.provider.send(context, message));
      note({ 'chatapi.outcome': labelOf(said) });
      return said;
    });
    return this.redacted(route.kind, settings, outcome);
  }

  /**
   * Several messages in one call.
   * @returns an outcome for each, in their order; null when they cannot go together
   */
  async sendBatch(
    route: Route,
    items: readonly BatchItem<object>[],
    signal: AbortSignal,
  ): Promise<readonly Outcome[] | null> {
    const { kind, settings } = route;
    const provider = this.registry.find(kind)?.provider;
    if (!provider?.sendBatch) return null;
    const end = this.batchSeconds.startTimer({ kind });
    const about = { 'chatapi.messages': items.length, ...spanOf(route) };
    const call = () => provider.sendBatch?.(this.context(route, signal), items) ?? Promise.resolve(null);
    const outcomes = await inSpan(`send ${kind} batch`, 'client', about, call).finally(end);
    for (const outcome of outcomes ?? []) this.outcomes.inc({ kind, outcome: labelOf(outcome) });
    if (outcomes && outcomes.length !== items.length)
      throw new Error(`The plugin of ${kind} gave ${outcomes.length} outcomes for ${items.length} messages.`);
    return outcomes?.map((outcome) => this.redacted(kind, settings, outcome)) ?? null;
  }

  /** How many messages one call takes. */
  batchMax({ kind }: Route): number {
    const { provider, batchMax = 1 } = this.registry.find(kind) ?? {};
    return provider?.sendBatch ? batchMax : 1;
  }

  /** A call's total deadline. */
  deadlineMs({ kind }: Route): number {
    return (this.registry.find(kind)?.deadlineSeconds ?? DEADLINE_SECONDS) * 1_000;
  }

  /** Whether what the provider tells later of a message is heard; else `sent` is all that is ever known. */
  confirms({ kind, providerId }: Route): boolean {
    const { confirms = false, provider } = this.registry.find(kind) ?? {};
    return confirms && (provider?.poll !== undefined || this.eventsUrl(providerId) !== null);
  }

  /** Whether providers of a kind make calls of their own. */
  hears(kind: string): boolean {
    return this.registry.find(kind)?.provider.receipts !== undefined;
  }

  /** Where a provider may tell what became of messages; null where nobody outside reaches us. */
  eventsUrl(providerId: string | null): string | null {
    const url = providerId === null ? null : publicUrlOf(this.env, `/providers/${providerId}/events`);
    return url === null || isLocal(url) ? null : url;
  }

  /** @returns what is wrong; null when the credentials work */
  async verify(route: Route, signal: AbortSignal): Promise<string | null> {
    const { kind, settings } = route;
    try {
      await this.registry.find(kind)?.provider.verify?.(this.context(route, signal));
      return null;
    } catch (error) {
      return this.settings.redact(kind, settings, error instanceof Error ? error.message : String(error));
    }
  }

  /** What every call of a provider is given. */
  context({ clientId, isOwn, providerId, settings }: Route, signal: AbortSignal): CallContext<Settings> {
    return {
      settings,
      signal,
      addressOf: isOwn ? PASS : (host) => untilAborted(signal, this.egress.addressOf(host)),
      fetch: (url, call) => this.http.call(url, { ...call, signal }),
      sign: (call) => this.signature.headersOf(clientId, call),
      hops: currentHops(),
      eventsUrl: this.eventsUrl(providerId),
    };
  }

  private redacted(kind: string, settings: Settings, outcome: Outcome): Outcome {
    if (outcome.detail === undefined) return outcome;
    return { ...outcome, detail: this.settings.redact(kind, settings, outcome.detail) };
  }

  private async timed(kind: string, send: () => Promise<Outcome>): Promise<Outcome> {
    const end = this.seconds.startTimer({ kind });
    const ended = (outcome: string): void => {
      end({ outcome });
      this.outcomes.inc({ kind, outcome });
    };
    try {
      const outcome = await send();
      ended(labelOf(outcome));
      return outcome;
    } catch (error) {
      ended('error');
      throw error;
    }
  }
}

const spanOf = ({ kind, providerId }: Route) => ({
  'chatapi.provider.kind': kind,
  ...(providerId !== null && { 'chatapi.provider.id': providerId }),
});

/** Of a few words, whatever providers say. */
const labelOf = (outcome: Outcome): string => (outcome.kind === 'failed' ? `${outcome.fault}_fault` : outcome.kind);

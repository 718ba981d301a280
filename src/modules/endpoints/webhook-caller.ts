import { Injectable } from '@nestjs/common';
import { retryAfterOf } from '../../extension/index.js';
import { inSpan, Metrics } from '../../platform/observability/index.js';
import { HOPS_HEADER } from '../../platform/outbox/index.js';
import { formsOf, MASK, OutboundHttp } from '../../platform/security/index.js';
import { anySignal } from '../../platform/signals/index.js';
import { signatureHeaders } from '../signing/index.js';
import { bodyOf, keptOf } from './body.rules.js';
import { type CallOutcome, errorOf } from './delivery.rules.js';
import type { DeliveryToMake } from './deliveries.repository.js';
import type { Headers } from './endpoint-headers.js';
import { CALL_SECONDS } from './endpoint-turns.js';

const DETAIL_MAX = 500;
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

interface Answered {
  readonly statusCode: number | null;
  readonly error: CallOutcome['error'];
  readonly detail: string | null;
  readonly response: string | null;
  readonly retryAfterSeconds: number | null;
}

/** What an endpoint is called with. */
export interface CallMeans {
  readonly headers: Headers;
  readonly secrets: readonly string[];
}

/** Makes one call: signed, guarded, and over at its deadline. */
@Injectable()
export class WebhookCaller {
  private readonly attempts;
  private readonly seconds;

  constructor(
    private readonly http: OutboundHttp,
    metrics: Metrics,
  ) {
    const outcome = ['outcome'] as const;
    this.attempts = metrics.counter(
      'webhook_attempts_total',
      'Calls of webhook endpoints, by what came of them',
      outcome,
    );
    this.seconds = metrics.histogram('webhook_call_seconds', 'How long calls of webhook endpoints take', SECONDS);
  }

  async call(delivery: DeliveryToMake, means: CallMeans, signal: AbortSignal): Promise<CallOutcome> {
    const at = new Date();
    const begun = performance.now();
    let address: string | null = null;
    const deadline = anySignal(signal, AbortSignal.timeout(CALL_SECONDS * 1_000));
    const answered = await inSpan('call webhook endpoint', 'client', {}, async (note) => {
      const connecting = { signal: deadline, onAddress: (is: string) => (address = is) };
      const answer = await this.answerTo(delivery, means, at, connecting);
      note({ 'chatapi.outcome': answer.error ?? 'delivered' });
      return answer;
    });
    const durationMs = Math.round(performance.now() - begun);
    this.attempts.inc({ outcome: answered.error ?? 'delivered' });
    this.seconds.observe(durationMs / 1_000);
    return { at, durationMs, address, ...answered };
  }

  private async answerTo(
    { event, payload, url, hops }: DeliveryToMake,
    { headers, secrets }: CallMeans,
    at: Date,
    connecting: { readonly signal: AbortSignal; readonly onAddress: (address: string) => void },
  ): Promise<Answered> {
    const body = bodyOf(event, payload);
    const own = { 'content-type': 'application/json', [HOPS_HEADER]: `${hops}` };
    const signed = signatureHeaders({ id: event.id, at, body }, secrets);
    // An answer may repeat what it was sent.
    const shown = (text: string) =>
      formsOf([headers]).reduce((redacted, secret) => redacted.replaceAll(secret, MASK), text);
    try {
      const call = { method: 'POST', headers: { ...headers, ...own, ...signed }, body, ...connecting };
      const answer = await this.http.call(url, call);
      const isOk = answer.status >= 200 && answer.status < 300;
      return {
        ...{
          statusCode: answer.status,
          error: isOk ? null : 'http',
          detail: null,
          response: keptOf(shown(answer.text)),
        },
        retryAfterSeconds: isOk ? null : (retryAfterOf(answer) ?? null),
      };
    } catch (thrown) {
      const error = errorOf(thrown);
      const detail = error === 'timeout' ? 'The deadline has passed.' : shown(messageOf(thrown)).slice(0, DETAIL_MAX);
      return { statusCode: null, error, detail, response: null, retryAfterSeconds: null };
    }
  }
}

const messageOf = (thrown: unknown): string => {
  const { message, code } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    message?: string;
    code?: string;
  };
  return (message || code || 'The call failed.').toWellFormed().replaceAll('\0', '');
};

import { Injectable } from '@nestjs/common';
import { retryAfterOf } from '../../../extension/index.js';
import { HOPS_HEADER } from '../../../platform/outbox/index.js';
import { type OutboundAnswer, OutboundHttp } from '../../../platform/security/index.js';
import { anySignal } from '../../../platform/signals/index.js';
import { ClientSignature } from '../../signing/index.js';
import { type ActionContext, type ActionKind, ActionRefused, type Effect } from './action-kind.js';
import { bodyOfAnswer, bodyOfForward, isWorthAnotherTry } from './forward.rules.js';
import type { ForwardParams } from './params.js';

const DEADLINE_MS = 15_000;
const DETAIL_MAX = 500;

/**
 * Calls another system: signed with the client's secret where it has one, with the same `webhook-id` however often it is tried, so
 * that the other side can tell a repeat. The result is `{status, body}` of its answer.
 */
@Injectable()
export class ForwardAction implements ActionKind<ForwardParams> {
  readonly type = 'forward';

  constructor(
    private readonly http: OutboundHttp,
    private readonly signature: ClientSignature,
  ) {}

  async prepare(params: ForwardParams, context: ActionContext): Promise<Effect> {
    const answer = await this.call(params, context);
    const { status, text } = answer;
    if (status < 200 || status > 299) throw refusalOf(answer);
    const result = { status, body: bodyOfAnswer(text) };
    return { apply: () => Promise.resolve(result) };
  }

  exampleOf(): object {
    return { status: 200, body: {} };
  }

  private async call(params: ForwardParams, context: ActionContext): Promise<OutboundAnswer> {
    const { url, method, headers = {} } = params;
    const { clientId, effectId: id, payload, hops, signal } = context;
    const body = bodyOfForward(params, payload);
    const signed = await this.signature.headersOf(clientId, { id, body: body?.text ?? '' });
    const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    try {
      return await this.http.call(url, {
        method,
        headers: {
          ...(body && { 'content-type': body.contentType }),
          ...Object.fromEntries(own),
          ...signed,
          [HOPS_HEADER]: String(hops),
        },
        ...(body && { body: body.text }),
        signal: anySignal(signal, deadline),
      });
    } catch (error) {
      signal.throwIfAborted();
      throw failureOf(error, deadline.aborted);
    }
  }
}

function refusalOf(answer: OutboundAnswer): ActionRefused {
  const { status, text } = answer;
  const detail = `${status} ${text}`.slice(0, DETAIL_MAX).trim();
  const afterSeconds = retryAfterOf(answer);
  const again = isWorthAnotherTry(status) && { ...(afterSeconds !== undefined && { afterSeconds }) };
  return new ActionRefused('forward_refused', detail, again);
}

function failureOf(error: unknown, isLate: boolean): ActionRefused {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (name === 'EgressRefused') return new ActionRefused('ssrf_blocked', message, false);
  const detail = isLate ? `There was no answer within ${DEADLINE_MS / 1_000} s.` : message.slice(0, DETAIL_MAX);
  return new ActionRefused('forward_failed', detail, {});
}

import {
  type ContentFault,
  DeliveryProvider,
  ExpressionFailed,
  Expressions,
  ExpressionsBusy,
  type HttpAnswer,
  type Outcome,
  type Provider,
  type ProviderContext,
  providerFault,
  rejected,
} from '../../extension/index.js';
import { faultsOf } from './http.faults.js';
import {
  answerOf,
  headersOf,
  isSuccess,
  jsonOf,
  outcomeOfOther,
  outcomeOfSuccess,
  outcomeOfThrown,
  type Reading,
  readingsOf,
} from './http.rules.js';
import { HttpSettings } from './http.settings.js';

type Context = ProviderContext<HttpSettings>;

const READINGS_MAX = 10_000;

/** Any service that takes a message as a call with a JSON body, on any channel: what is in it the settings say. */
@DeliveryProvider({ kind: 'http', channels: 'all', title: 'HTTP', settings: HttpSettings })
export class HttpProvider implements Provider<HttpSettings, object> {
  private readonly expressions = new Expressions();

  faultsOf(settings: HttpSettings): ContentFault[] {
    return faultsOf(settings);
  }

  async send(context: Context, message: object): Promise<Outcome> {
    const body = await this.bodyOf(context, message);
    if (typeof body !== 'string') return body;
    const { settings, deliveryId, fetch } = context;
    const { url, method = 'POST' } = settings;
    let answer: HttpAnswer;
    try {
      answer = await fetch(url, { method, headers: headersOf(settings, deliveryId), body });
    } catch (error) {
      return outcomeOfThrown(error, settings);
    }
    if (!isSuccess(answer, settings)) return outcomeOfOther(answer, settings);
    return outcomeOfSuccess(answer, settings, await this.read(context, answer));
  }

  async close(): Promise<void> {
    await this.expressions.close();
  }

  /** @returns an outcome when there is nothing to send */
  private async bodyOf({ settings, deliveryId, attempt, signal }: Context, message: object): Promise<string | Outcome> {
    const input = { message: jsonOf(message), delivery: { id: deliveryId, attempt, channel: settings.channel } };
    try {
      return await this.expressions.fill(settings.body, input, { signal });
    } catch (error) {
      if (error instanceof ExpressionFailed) return rejected('provider_rejected', `body: ${error.message}`);
      return providerFault(error instanceof ExpressionsBusy ? error.message : 'The body could not be made in time.');
    }
  }

  /** @returns null when it cannot be read */
  private async read({ settings, signal }: Context, answer: HttpAnswer): Promise<Reading | null> {
    const readings = readingsOf(settings);
    if (Object.keys(readings).length === 0) return {};
    try {
      const text = await this.expressions.fill(readings, answerOf(answer), { signal, maxLength: READINGS_MAX });
      return JSON.parse(text) as Reading;
    } catch {
      return null;
    }
  }
}

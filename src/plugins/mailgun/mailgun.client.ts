import Mailgun from 'mailgun.js';
import type { Interfaces } from 'mailgun.js/definitions';
import type { CallContext, GuardedFetch, HttpAnswer } from '../../extension/index.js';
import type { MailgunSettings } from './mailgun.settings.js';

const DEFAULT_URL = 'https://api.mailgun.net';
/** A page of events is far longer than what answers are cut at otherwise. */
const ANSWER_MAX_BYTES = 4_194_304;

/** An answer that is not a success. */
export class MailgunRefusal extends Error {
  constructor(readonly answer: HttpAnswer) {
    super(`${answer.status} ${answer.text}`.slice(0, 1_000));
    this.name = 'MailgunRefusal';
  }
}

/** What the library hands over for a request, whatever its types say. */
interface Outgoing {
  readonly params?: URLSearchParams;
  readonly data?: FormData;
}

/**
 * The library's client on our own HTTP: what it brings along follows redirects, reads the environment's proxy, connects
 * to any address, and has an idle timeout only, which a server that drips outlasts.
 */
export function mailgunOf({ settings, fetch }: CallContext<MailgunSettings>): Interfaces.IMailgunClient {
  const { apiKey, baseUrl } = settings;
  const client = new Mailgun(FormData).client({ username: 'api', key: apiKey, url: baseUrl ?? DEFAULT_URL });
  client.request.requestProvider = new GuardedRequests(fetch, apiKey);
  return client;
}

class GuardedRequests implements Interfaces.IRequestProvider {
  constructor(
    private readonly fetch: GuardedFetch,
    private readonly apiKey: string,
  ) {}

  /** @throws MailgunRefusal, or what the guarded call throws */
  async makeRequest(url: string, method: string, outgoing: object): Promise<{ status: number; body: unknown }> {
    const { params, data }: Outgoing = outgoing;
    const form = data && new Response(data); // encodes it, and says with which boundary
    const answer = await this.fetch(params ? `${url}?${params.toString()}` : url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers: {
        authorization: `Basic ${Buffer.from(`api:${this.apiKey}`).toString('base64')}`,
        ...(form && { 'content-type': form.headers.get('content-type') ?? '' }),
      },
      ...(form && { body: Buffer.from(await form.arrayBuffer()) }),
      answerMaxBytes: ANSWER_MAX_BYTES,
    });
    if (answer.status < 200 || answer.status >= 300) throw new MailgunRefusal(answer);
    return { status: answer.status, body: bodyOf(answer) };
  }

  /** Of the library's interface; there are no subaccounts in our settings. */
  setSubAccountHeader(): void {}
  resetSubAccountHeader(): void {}
}

function bodyOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

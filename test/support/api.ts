import { plant } from './canaries.js';
import { theContract } from './contract.js';
import { theSocketContract } from './socket-contract.js';

/** An answer as a caller sees it. Bodies are read loosely here: the tests say what they expect. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is what the test asserts
  readonly body: any;
}

/** A room's durable events, as sockets hear them. */
const FEED = /^\/rooms\/[^/]+\/events/;

type Headings = Readonly<Record<string, string>>;

/** Calls the API with one key. Every answer is held against the OpenAPI document, whatever the suite is about. */
export class Api {
  constructor(
    private readonly url: string,
    private readonly headers: Headings = {},
  ) {}

  /** The same key, acting as a user. */
  as(userId: string): Api {
    return this.with({ 'X-User-Id': userId });
  }

  with(headers: Headings): Api {
    return new Api(this.url, { ...this.headers, ...headers });
  }

  get(path: string): Promise<Reply> {
    return this.call('GET', path);
  }

  post(path: string, body?: unknown, headers?: Headings): Promise<Reply> {
    return this.call('POST', path, body, headers);
  }

  patch(path: string, body: unknown): Promise<Reply> {
    return this.call('PATCH', path, body);
  }

  put(path: string, body: unknown): Promise<Reply> {
    return this.call('PUT', path, body);
  }

  delete(path: string): Promise<Reply> {
    return this.call('DELETE', path);
  }

  async call(method: string, path: string, body?: unknown, headers: Headings = {}): Promise<Reply> {
    plant(body);
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...this.headers,
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const contentType = response.headers.get('content-type') ?? '';
    const { status } = response;
    const parsed: unknown = /json/.test(contentType) && text ? JSON.parse(text) : text;
    const faults: readonly string[] = theContract().faultsOf({
      method,
      path: `/api/v1${path}`,
      status,
      contentType,
      body: parsed,
      headers: response.headers,
    });
    if (faults.length > 0) throw new Error(`docs/openapi.json does not say so: ${faults.join('; ')}`);
    if (FEED.test(path) && response.ok) {
      const items = theSocketContract().faultsOfFeed((parsed as { data: { ev: string }[] }).data);
      if (items.length > 0) throw new Error(`docs/asyncapi.json does not say so: ${items.join('; ')}`);
    }
    return { status, headers: response.headers, body: parsed };
  }
}

import { Broken } from './check.mjs';

const PATIENCE_MS = 10_000;

/** Calls the REST API with one key. */
export class Api {
  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  get(path) {
    return this.call('GET', path, 200);
  }

  post(path, body, { expect = 201, headers = {} } = {}) {
    return this.call('POST', path, expect, body, headers);
  }

  delete(path) {
    return this.call('DELETE', path, 204);
  }

  /** @throws Broken when the answer is not the expected one; a refusal says why in `detail` (RFC 9457) */
  async call(method, path, expected, body, headers = {}) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.key}`,
        ...(body && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((error) => {
      throw new Broken(`${this.url} does not answer (${whyNot(error)}): is it started?`);
    });
    const text = await response.text();
    if (response.status === expected) return text ? JSON.parse(text) : undefined;
    const why = /json/.test(response.headers.get('content-type')) ? faultsIn(JSON.parse(text)) : text.slice(0, 200);
    throw new Broken(`${method} ${path} should answer ${expected} and answers ${response.status}: ${why}`);
  }
}

/** Each fault with its place, where they are named. */
const faultsIn = ({ detail, errors }) =>
  errors ? errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ') : detail;

/** What is behind fetch's "fetch failed". */
export const whyNot = ({ cause, message }) => cause?.code ?? cause?.message ?? message;

export interface HttpCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated one the values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** 64 KB at most; what is longer is cut. */
  readonly text: string;
}

/**
 * Calls a URL that a client may have named: http(s) only, to an address that this installation may reach, the very one
 * that was checked; no redirects, no proxy of the environment, and over at the context's deadline.
 * @throws Error named `EgressRefused` for an address that may not be called, `AbortError` or `TimeoutError` at the
 * deadline, else what the connection says; {@link outcomeOfFailure} makes an outcome of each
 */
export type GuardedFetch = (url: string, call?: HttpCall) => Promise<HttpAnswer>;

export interface HttpCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** How much of the answer is read: 64 KB unless told. */
  readonly answerMaxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated one the values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is longer than {@link HttpCall.answerMaxBytes} is cut. */
  readonly text: string;
}

/**
 * Calls a URL that a client may have named: http(s) only, to an address that this installation may reach, the very one
 * that was checked; no redirects, no proxy of the environment, and over at the context's deadline.
 * @throws Error named `EgressRefused` for an address that may not be called, `AbortError` or `TimeoutError` at the
 * deadline, else what the connection says; {@link outcomeOfFailure} makes an outcome of each
 */
export type GuardedFetch = (url: string, call?: HttpCall) => Promise<HttpAnswer>;

/** A call that another system makes to this one. */
export interface InboundRequest {
  /** The address that was called, as `PUBLIC_URL` has it, with its query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** As it came, before any parsing. */
  readonly body: Buffer;
}

/** The signature is bad, missing or old. The caller learns no more than that. */
export class InvalidSignature extends Error {
  constructor(message = 'The signature is not valid.') {
    super(message);
    this.name = 'InvalidSignature';
  }
}

/** What a body says, when it is a JSON object; of all else nothing. Never throws: look into it after it was verified. */
export function jsonObjectOf(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

/** The fields of a value that should be an object; of all else none. */
export const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

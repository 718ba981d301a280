import { createHmac, timingSafeEqual } from 'node:crypto';

export type MacAlgorithm = 'sha1' | 'sha256' | 'sha512';
export type MacEncoding = 'hex' | 'base64';

export interface MacForm {
  /** SHA-256 unless told. */
  readonly algorithm?: MacAlgorithm;
  /** Hexadecimal, in lower case, unless told. */
  readonly encoding?: MacEncoding;
}

/** Whether two texts are one, in a time that does not tell how much of them is. */
export function isSameText(given: string | undefined, expected: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The HMAC (RFC 2104) of parts that follow each other, as text. */
export function macOf(
  key: string | Buffer,
  parts: readonly (string | Buffer)[],
  { algorithm = 'sha256', encoding = 'hex' }: MacForm = {},
): string {
  const mac = createHmac(algorithm, key);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}

/**
 * Whether one of the keys made one of the signatures. They are compared as text: decoders pass over what they do not know,
 * so that many texts would be one signature. An empty key made none, as everybody has it.
 */
export function isSignedByOne(
  keys: readonly (string | Buffer)[],
  given: readonly (string | undefined)[],
  parts: readonly (string | Buffer)[],
  form: MacForm = {},
): boolean {
  return keys
    .filter((key) => key.length > 0)
    .some((key) => {
      const expected = macOf(key, parts, form);
      return given.some((signature) => isSameText(signature, expected));
    });
}

const SECONDS = /^\d{1,12}$/;

/**
 * Whether a time is near enough to now, before it or after. Only digits are one: where a time is signed together with what
 * follows it, `1795600000` and `1795600000e0` would be the same time with another rest.
 * @param seconds since 1970, whole
 */
export const isTimely = (
  seconds: string | undefined,
  { now, toleranceSeconds }: { readonly now: Date; readonly toleranceSeconds: number },
): seconds is string =>
  seconds !== undefined &&
  SECONDS.test(seconds) &&
  Math.abs(Math.floor(now.getTime() / 1_000) - Number(seconds)) <= toleranceSeconds;

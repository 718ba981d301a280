export const MASK = '••••';
/** Shorter ones would take harmless words apart. */
const REDACTED_MIN = 4;
/** Of a value with several words, such as `Bearer abc`: one that is long enough to be a secret by itself. */
const WORD_MIN = 8;

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As it may be shown: of an object the names, and none of the values. */
export function masked(secret: unknown): unknown {
  if (secret === undefined || secret === null) return secret;
  if (!isObject(secret)) return MASK;
  return Object.fromEntries(Object.entries(secret).map(([name, value]) => [name, masked(value)]));
}

/** What was sent back, with the values that came back masked as they were; of a masked one that never was, nothing. */
export function unmasked(sent: unknown, before: unknown): unknown {
  if (sent === MASK) return before;
  if (!isObject(sent)) return sent;
  const known = isObject(before) ? before : {};
  return Object.fromEntries(
    Object.entries(sent).flatMap(([name, value]) => {
      const kept = unmasked(value, Object.hasOwn(known, name) ? known[name] : undefined);
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}

/** Every form in which a secret, or a value of one, may come back in what a provider says; the longest first. */
export function formsOf(secrets: readonly unknown[]): string[] {
  const values = secrets.flatMap((secret) => {
    if (!isObject(secret)) return textsOf(secret);
    return textsOf(secret).flatMap((text) => [text, ...text.split(/\s+/).filter(({ length }) => length >= WORD_MIN)]);
  });
  const forms = values.filter(({ length }) => length >= REDACTED_MIN).flatMap(travelling);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

function textsOf(secret: unknown): string[] {
  if (typeof secret === 'string') return [secret];
  return typeof secret === 'object' && secret !== null ? Object.values(secret).flatMap(textsOf) : [];
}

/** As it is, in a URL, and in base64 by itself or, as in AUTH PLAIN, after something else of any length. */
function travelling(secret: string): string[] {
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.from('\0'.repeat(before) + secret)
      .toString('base64')
      .replace(/=+$/, '');
    // The characters at both ends hold bits of the neighbours too.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + Buffer.byteLength(secret)) * 8) / 6));
  });
  return [secret, encodeURIComponent(secret.toWellFormed()), ...encoded];
}

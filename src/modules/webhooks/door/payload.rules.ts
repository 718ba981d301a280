/** A body nests at most so deep to be read: what nests deeper is a text to the rules. */
const DEPTH_MAX = 64;
const FIELDS_MAX = 1_000;

const FORM = /^application\/x-www-form-urlencoded\b/i;

/**
 * What the rules see of a body: the JSON that it is; the fields of a form, or the JSON in its only field `payload`, as GitHub's
 * and Slack's forms have it; else its text. Whatever came, it is something.
 */
export function payloadOf(body: Buffer, contentType = ''): unknown {
  const text = body.toString();
  if (FORM.test(contentType)) return formOf(text) ?? text;
  const json = jsonOf(text);
  return json ? json.value : text;
}

/** Wrapped, because `null` is JSON too; null for what is none. */
function jsonOf(text: string): { readonly value: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return isShallow(value, DEPTH_MAX) ? { value } : null;
  } catch {
    return null;
  }
}

function isShallow(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return left > 0 && Object.values(value).every((inner) => isShallow(inner, left - 1));
}

/** A field that comes several times is a list. */
function formOf(text: string): unknown {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (!fields.get(name)?.push(value)) fields.set(name, [value]);
    if (fields.size > FIELDS_MAX) return null;
  }
  const [only] = fields.get('payload') ?? [];
  const opened = fields.size === 1 && only !== undefined ? jsonOf(only) : null;
  if (opened) return opened.value;
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** How somebody is named in what other systems send, in lower case. */
export interface Names {
  /** As PostgreSQL writes bytes with `encode(…, 'escape')`. */
  readonly inBodies: readonly string[];
  /** As it writes JSON. */
  readonly inJson: readonly string[];
}

interface Person {
  readonly userId: string;
  /** In lower case. */
  readonly addresses: readonly string[];
}

/**
 * An id is a whole text, in JSON or in a form (whose fields end with `&`): as a part it would be found in the names of others. An
 * address is found wherever it stands.
 */
export function namesOf({ userId, addresses }: Person): Names {
  const quoted = JSON.stringify(userId).toLowerCase();
  const inForm = `=${encodeURIComponent(userId)}&`.toLowerCase();
  const inForms = addresses.map((address) => encodeURIComponent(address).toLowerCase());
  return {
    inBodies: [...new Set([quoted, inForm, ...addresses, ...inForms])].map(asBytes),
    inJson: [quoted, ...addresses],
  };
}

const asBytes = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      if (byte === 0x5c) return '\\\\';
      return byte === 0 || byte > 0x7f ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte);
    })
    .join('');

/** Rules with another name in the places of somebody’s id and addresses, literal or in an expression. */
export function renamed<T>(value: T, person: Person, pseudonym: string): T {
  if (typeof value === 'string') return renamedText(value, person, pseudonym) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => renamed(one, person, pseudonym)) as T;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, renamed<unknown>(inner, person, pseudonym)]),
  ) as T;
}

function renamedText(text: string, { userId, addresses }: Person, pseudonym: string): string {
  if (text === userId) return pseudonym;
  const withoutId = text.replaceAll(`'${userId}'`, `'${pseudonym}'`);
  return addresses.reduce((left, address) => replacedAll(left, address, pseudonym), withoutId);
}

/** In whatever case it is written. */
function replacedAll(text: string, part: string, by: string): string {
  let left = text;
  for (let at = left.toLowerCase().indexOf(part); part !== '' && at !== -1; at = left.toLowerCase().indexOf(part))
    left = left.slice(0, at) + by + left.slice(at + part.length);
  return left;
}

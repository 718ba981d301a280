/** Addresses and keys inside free text, such as another library's error message. */
const LOOSE =
  /ck_(?:master|scoped)_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}|ck_admin_[\w-]{16,}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<=:\/\/)[^\s/@]+(?=@)/g;

export const scrub = (text: string): string => text.replace(LOOSE, '[redacted]');

/** The same for every text inside a value. */
export function scrubbed<T>(value: T): T;
export function scrubbed(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map((item) => scrubbed<unknown>(item));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, scrubbed<unknown>(item)]));
}

import { isDeepStrictEqual } from 'node:util';

/** A step that does not hold. Its message is for the person at the terminal. */
export class Broken extends Error {}

/** @throws Broken unless the two are deeply equal */
export function same(what, actual, expected) {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Broken(`${what} should be ${shown(expected)} and is ${shown(actual)}.`);
}

/** @throws Broken unless the two are the same bytes; says where they part */
export function sameBytes(what, actual, expected) {
  const [a, b] = [Buffer.from(actual), Buffer.from(expected)];
  if (a.equals(b)) return;
  const at = b.findIndex((byte, n) => byte !== a[n]);
  const place = at === -1 ? b.length : at;
  const around = (bytes) => shown(bytes.subarray(Math.max(0, place - 20), place + 20).toString());
  throw new Broken(`${what} differs from what was sent at byte ${place}: ${around(b)} became ${around(a)}.`);
}

/** @throws Broken unless it holds */
export function holds(sentence, condition) {
  if (!condition) throw new Broken(`It does not hold that ${sentence}.`);
}

const shown = (value) => JSON.stringify(value) ?? String(value);

import { randomBytes } from 'node:crypto';

/** What the tests' own secrets are recognised by, wherever one appears. */
const MARK = /canary-[a-z]+-[0-9a-f]{12}/g;
/** What is recognised by its form, whoever it is of: keys, signing secrets, addresses of mail, telephone numbers. */
const FORMS = [
  /the-operators-key-of-this-test|a-secret-key-for-tests/g,
  /ck_(?:master|scoped)_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}/g,
  /whsec_[A-Za-z0-9+/]{24,}/g,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b/gi,
  /(?<![\w.:+-])\+[1-9]\d{9,14}(?!\w)/g,
  /(?<=:\/\/)[^\s/@:]+:[^\s/@]+(?=@)/g,
];
/** Fields whose texts are what people write, or open something. */
const HIDDEN =
  /^(content|text|html|subject|body|title|password|secret|token|apiKey|authToken|serviceAccount|privateKey|webhookSigningKey|auth|p256dh|payload)$/;
/** Shorter ones, or words alone, would be found in lines that do not mean them. */
const LONG_ENOUGH = 12;
/** Of a suite: the last ones. */
const PLANTED_MOST = 300;
const SHOWN = 600;

const planted = new Set<string>();
const seen: string[] = [];
let said: { readonly where: string; readonly text: string }[] = [];

/** A text that nothing but a leak brings into a log, a fault report or a trace. */
export const canary = (of: string): string => `canary-${of}-${randomBytes(6).toString('hex')}`;

/** Of what a test sends, all that is hidden is a canary from here on. */
export function plant(value: unknown, name = ''): void {
  if (typeof value === 'string' && HIDDEN.test(name)) keep(value);
  else if (Array.isArray(value)) for (const item of value) plant(item, name);
  else if (typeof value === 'object' && value !== null)
    for (const [field, item] of Object.entries(value)) plant(item, field);
}

function keep(text: string): void {
  if (text.length < LONG_ENOUGH || !/[^\w]/.test(text)) return;
  planted.delete(text);
  planted.add(text);
  const [oldest] = planted;
  if (planted.size > PLANTED_MOST && oldest !== undefined) planted.delete(oldest);
}

/** What the service says of itself: a line of its log, a fault report, a trace. Looked through by {@link takeLeaks}. */
export function overhear(where: string, text: string): void {
  said.push({ where, text });
}

/** The canaries that were heard since the last look. A hook fails the test with them. */
export function takeLeaks(): string[] {
  const heard = said;
  said = [];
  for (const { where, text } of heard) {
    const leaks = [MARK, ...FORMS].flatMap((form) => [...text.matchAll(form)].map(([found]) => found));
    note(where, text, leaks);
  }
  const all = heard.map(({ text }) => text).join('\n');
  for (const secret of planted) {
    if (!all.includes(secret)) continue;
    for (const { where, text } of heard) if (text.includes(secret)) note(where, text, [secret]);
  }
  return seen.splice(0);
}

function note(where: string, text: string, leaks: readonly string[]): void {
  for (const leak of new Set(leaks)) seen.push(`${where} says ${JSON.stringify(leak)}: ${text.trim().slice(0, SHOWN)}`);
}

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { aClient, type TestClient, WITHOUT_LIMITS } from '../builders/clients.js';
import { anEmail, reached } from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anEnvironment } from '../support/app.js';
import { theContract } from '../support/contract.js';
import type { Schema } from '../support/judge.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { aProcess, type TestProcess } from '../support/processes.js';

/**
 * Once a process has compiled a megabyte of regular expressions, V8 compiles the next ones unoptimised: they keep a place to
 * come back to for each character, and throw at four million. This process does so from the start.
 */
const LIKE_AN_OLD_PROCESS = ['--no-regexp-optimization'];
const LONG = 5_000_000;
const LARGEST_FILE_BYTES = 5_250_000;

let process: TestProcess;
let mailbox: Mailbox;
let client: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox();
  process = await aProcess(await anEnvironment(), LIKE_AN_OLD_PROCESS);
  const { operator, api } = process;
  client = await aClient({ operator, api: (key = '') => api(key) }, { settings: { limits: WITHOUT_LIMITS } });
  await anSmtpProvider(client, mailbox);
}, 60_000);
afterAll(async () => {
  await process.stop();
  await mailbox.close();
});

interface Form {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Long texts that begin as the example does, and go on with what an expression for such texts goes on matching. */
function longTexts(example: unknown): string[] {
  const begun = typeof example === 'string' ? example.replace(/[=Z]+$/, '') : 'a';
  return [begun.padEnd(LONG, begun.at(-1)), begun.padStart(LONG, begun.at(0))];
}

/** Values with a long text in one place each, by where it is. */
function* withLongTexts(schema: Schema, at = ''): Generator<[string, unknown]> {
  const {
    type,
    example,
    enum: choices,
    oneOf = [],
    allOf = [],
    properties,
    items,
  } = theContract().resolved<Form>(schema);
  for (const form of [...oneOf, ...allOf]) yield* withLongTexts(form, at);
  for (const [name, field] of Object.entries(properties ?? {}))
    for (const [place, value] of withLongTexts(field, `${at}/${name}`)) yield [place, { [name]: value }];
  if (items) for (const [place, value] of withLongTexts(items, `${at}/0`)) yield [place, [value]];
  if (type === 'string') {
    const texts = choices ? longTexts(choices[0]) : longTexts(schema.example ?? example);
    for (const text of texts) yield [at, text];
  }
  if (type === 'object' && !properties) {
    yield [`${at}/x`, { x: 'x'.repeat(LONG) }];
    yield [`${at}/long`, { ['x'.repeat(LONG)]: 'x' }];
  }
}

it('a text that is far too long is refused, in any place of a notification', async () => {
  const ends = new Map<string, number[]>();
  for (const [place, body] of withLongTexts({ $ref: '#/components/schemas/SendNotificationDto' })) {
    const { status } = await client.master.post('/notifications/send', body);
    ends.set(place, [...(ends.get(place) ?? []), status]);
  }

  expect([...ends].filter(([, statuses]) => statuses.some((status) => status !== 400))).toEqual([]);
  expect([...ends.keys()]).toEqual(
    expect.arrayContaining(['/to/email', '/channels/email/attachments/0/content', '/channels/email/headers/long']),
  );
  expect(ends.size).toBeGreaterThan(40);
}, 120_000);

it('the largest file that may be attached is', async () => {
  const file = Buffer.alloc(LARGEST_FILE_BYTES, 'chat');
  const attachments = [{ name: 'a.pdf', contentType: 'application/pdf', content: file.toString('base64') }];
  const notification = { to: { email: 'ann@example.com' }, channels: { email: anEmail({ attachments }) } };

  const { status, body } = await client.master.post('/notifications/send', notification);

  expect(status).toBe(202);
  await reached(client, (body as { id: string }).id, 'completed');
  expect(mailbox.received[0]?.mail.attachments[0]?.content.equals(file)).toBe(true);
});

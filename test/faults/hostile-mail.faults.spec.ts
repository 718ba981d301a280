import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import type { EmailMessage } from '../../src/extension/index.js';
import { Email } from '../../src/extension/index.js';
import { InvalidInput } from '../../src/platform/errors/index.js';
import { validated } from '../../src/platform/http/index.js';
import { SmtpProvider } from '../../src/plugins/smtp/smtp.provider.js';
import type { SmtpSettings } from '../../src/plugins/smtp/smtp.settings.js';
import { aCallContext } from '../builders/call-context.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, reached } from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';

/**
 * What is meant for one may reach nobody else: of every hostile input either a real server sees exactly the one address
 * that was given, and no header that was not, or the API names the fault.
 */
let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp();
  client = await aClient(app);
  await anSmtpProvider(client, mailbox);
}, 60_000);
afterAll(async () => {
  await app.close();
  await mailbox.close();
});
beforeEach(() => {
  mailbox.received.length = 0;
  mailbox.offered.length = 0;
});

const OK = 'ok@ok.test';
/** With a name that a terminal can bear. */
const named = <T>(values: readonly T[]): (readonly [string, T])[] =>
  values.map((value) => [JSON.stringify(value).slice(0, 50), value]);
const FLOOD = '('.repeat(100_000);

interface Reply {
  readonly status: number;
  readonly body: { readonly id: string; readonly errors: readonly { readonly pointer: string }[] };
}
const post = (to: object, mail: object = {}): Promise<Reply> =>
  client.master.post('/notifications/send', { to, channels: { email: anEmail(mail) } });

/** One recipient may be meant by itself, or as the first of a list. */
const pointersOf = ({ errors }: Reply['body']): string[] =>
  errors.map(({ pointer }) => pointer.replace('/to/0', '/to'));

/** The fault is there, in one of its items, or that the object around it is too large. */
function expectAt(body: Reply['body'], pointer: string): void {
  const near = pointersOf(body).filter((at) => at === pointer || at.startsWith(`${pointer}/`) || at === '/settings');
  expect(near).not.toEqual([]);
}

/** Refused at the pointer; or sent, and then the server has seen these addresses alone. @returns whether it was sent */
async function oneOrRefused({ status, body }: Reply, pointer: string, addresses: readonly string[]): Promise<boolean> {
  if (status === 400) {
    expectAt(body, pointer);
    expect(mailbox.offered).toEqual([]);
    return false;
  }
  expect(status).toBe(202);
  await reached(client, body.id, 'completed', 'failed');
  expect(mailbox.offered).toEqual(addresses.map(asNoted));
  return true;
}

/** The test's server notes domains in lower case and in Unicode, whatever was sent. */
const asNoted = (address: string): string => {
  const [local = '', domain = ''] = address.split('@');
  return `${local}@${domainToUnicode(domain.toLowerCase())}`;
};

/** Names of the header fields as they are on the wire. */
const headersOf = (raw: Buffer | undefined): string[] =>
  [...(raw?.toString('latin1').split('\r\n\r\n')[0] ?? '').matchAll(/^([^\s:]+):/gm)].map(([, name]) =>
    (name ?? '').toLowerCase(),
  );
const EXPECTED = [
  'from',
  'to',
  'subject',
  'message-id',
  'date',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

describe('an address', () => {
  const REFUSED = [
    'a@x.test(c)evil.com',
    '"a@evil.com x"@ok.test',
    'a@ok.test\r\nRCPT TO:<e@evil.test>',
    'a@ok.test\nBcc: e@evil.test',
    'a@ok.test\0e@evil.test',
    'a@ok.test>,<e@evil.test',
    'a@ok.test;e@evil.test',
    'a@ok.test e@evil.test',
    'a@ok.test@evil.test',
    'a@ok.test> SIZE=1 RCPT TO:<e@evil.test',
    ' a@ok.test',
    'a@ok.test ',
    'a@ok.test\u2028e@evil.test',
    'a\u202e@ok.test',
    'a@münchen.test',
    'a@ok..test',
    '.a@ok.test',
    `${'a'.repeat(65)}@ok.test`,
    `a@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(63)}.test`,
    FLOOD,
    `${FLOOD}@ok.test`,
    `a@${FLOOD}.test`,
    `"${FLOOD}"@ok.test`,
  ];
  const PLACES: [string, string, (address: string) => Promise<Reply>][] = [
    ['a recipient', '/to/email', (email) => post({ email })],
    ['a copy', '/channels/email/cc', (address) => post({ email: OK }, { cc: [address] })],
    ['a blind copy', '/channels/email/bcc', (address) => post({ email: OK }, { bcc: [address] })],
    ['the sender', '/channels/email/from', (from) => post({ email: OK }, { from })],
    ['who gets replies', '/channels/email/replyTo', (replyTo) => post({ email: OK }, { replyTo })],
    ['a user’s', '/email', (email) => client.master.put('/users/mallory', { email })],
    [
      'a provider’s sender',
      '/settings/from',
      (from) =>
        client.master.post('/providers', { kind: 'smtp', name: 'Mail', settings: { host: 'h', port: 25, from } }),
    ],
  ];

  describe.each(PLACES)('of %s', (_whose, pointer, given) => {
    it.each(named(REFUSED))('is refused: %s', async (_name, address) => {
      const { status, body } = await given(address);

      expect(status).toBe(400);
      expectAt(body, pointer);
      expect(mailbox.offered).toEqual([]);
    });
  });

  it.each([
    'evil.test!a@ok.test',
    'a%evil.test@ok.test',
    '=?utf-8?q?e=40evil.test?=@ok.test',
    'a+b=evil.test@ok.test',
    "a'b|c`d@ok.test",
    'a@xn--mnchen-3ya.test',
    'A.B@OK.Test',
    'a@localhost',
  ])('that looks like more is offered as it is, once: %s', async (address) => {
    await expect(oneOrRefused(await post({ email: address }), '/to/email', [address])).resolves.toBe(true);
  });

  it('made of whatever is one to the server when it passes, and the same', async () => {
    class Addressed {
      @Email() readonly email: string;
    }
    const provider = new SmtpProvider();
    const context = aCallContext<SmtpSettings>({ host: '127.0.0.1', port: mailbox.port, from: 'shop@example.com' });
    const part = fc.constantFrom(
      ...[
        'a',
        'ok.test',
        'evil.test',
        '@',
        '@',
        '.',
        '<',
        '>',
        '(',
        ')',
        '"',
        '\\',
        ',',
        ';',
        ':',
        '[',
        ']',
        ' ',
        '\t',
      ],
      ...['\r', '\n', '\0', '%', '!', '=', '?', '+', '-', '_', "'", '`', '{', '}', '\u00a0', '\u2028', 'ä', '👋'],
    );
    const address = fc.array(part, { minLength: 3, maxLength: 12 }).map((parts) => parts.join(''));
    const likely = fc
      .tuple(address, fc.constantFrom('@ok.test', '@evil.test@ok.test', ''))
      .map((parts) => parts.join(''));

    await fc.assert(
      fc.asyncProperty(likely, async (email) => {
        if (!passes(() => validated(Addressed, { email }))) return;
        mailbox.offered.length = 0;
        await provider.send(context, mailTo(email));
        expect(mailbox.offered).toEqual([asNoted(email)]);
      }),
      { numRuns: 500 },
    );
    await provider.close();
  });
});

function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof InvalidInput) return false;
    throw error;
  }
}

const mailTo = (address: string, name = ''): EmailMessage => ({
  to: { name, address },
  ...{ from: null, replyTo: null, cc: [], bcc: [], subject: 'Hello', html: null, text: 'Hello there' },
  ...{ headers: {}, attachments: [] },
});

describe('a name', () => {
  const NAMES = [
    'Ann\r\nBcc: e@evil.test',
    'Ann\nBcc: e@evil.test',
    'Ann\rBcc: e@evil.test',
    'Ann" <e@evil.test>, "',
    'Ann <e@evil.test>',
    'Ann, e@evil.test',
    'e@evil.test',
    'Ann\u2028Bcc: e@evil.test',
    'Ann\u0085Bcc: e@evil.test',
    'Ann\vBcc: e@evil.test\f',
    '=?utf-8?Q?=0D=0ABcc:_e=40evil.test?=',
    '\\',
    '"',
    '('.repeat(200),
    'Größe 👋',
  ];

  it.each(NAMES)('of a recipient adds nobody: %j', async (name) => {
    if (await oneOrRefused(await post({ email: OK, name }), '/to/name', [OK])) expectOneRecipient();
  });

  it.each(NAMES)('of a user adds nobody: %j', async (displayName) => {
    const put: Reply = await client.master.put('/users/eve', { displayName, email: OK });
    if (put.status === 400) return expect(put.body.errors[0]?.pointer).toBe('/displayName');
    await oneOrRefused(await post({ userId: 'eve' }), '', [OK]);
    expectOneRecipient();
  });

  it.each(named(['Ann\0', FLOOD]))('is refused: %s', async (_name, name) => {
    for (const [reply, pointer] of [
      [await post({ email: OK, name }), '/to/name'],
      [(await client.master.put('/users/eve', { displayName: name })) as Reply, '/displayName'],
    ] as const)
      expect([reply.status, pointersOf(reply.body)]).toEqual([400, expect.arrayContaining([pointer])]);
  });

  function expectOneRecipient(): void {
    const [{ raw, mail, recipients } = {}] = mailbox.received;
    expect(recipients).toEqual([OK]);
    expect(headersOf(raw).filter((header) => !EXPECTED.includes(header))).toEqual([]);
    expect([mail?.to].flat().flatMap((to) => to?.value.map(({ address }) => address))).toEqual([OK]);
  }
});

describe('a subject', () => {
  it.each(named(['Hi\r\nBcc: e@evil.test', 'Hi\nX: y', 'Hi\rX: y', 'Hi\0', FLOOD]))(
    'is refused: %s',
    async (_name, subject) => {
      const reply = await post({ email: OK }, { subject });

      expect(reply.status).toBe(400);
      await oneOrRefused(reply, '/channels/email/subject', []);
    },
  );

  it.each(
    named([
      'Hi\u2028Bcc: e@evil.test',
      'Hi\u0085X: y',
      'Hi\vX: y',
      '=?utf-8?Q?=0D=0ABcc:_e=40evil.test?=',
      'x'.repeat(998),
    ]),
  )('makes no header: %s', async (_name, subject) => {
    await expect(oneOrRefused(await post({ email: OK }, { subject }), '', [OK])).resolves.toBe(true);

    expect(headersOf(mailbox.received[0]?.raw).filter((header) => !EXPECTED.includes(header))).toEqual([]);
  });
});

describe('a header', () => {
  const DENIED = [
    ...['To', 'Cc', 'Bcc', 'bCC', 'From', 'Sender', 'Reply-To', 'Date', 'Message-ID', 'Subject', 'Return-Path'],
    ...['Received', 'MIME-Version', 'DKIM-Signature', 'ARC-Seal', 'Content-Type', 'Content-Transfer-Encoding'],
    ...['Resent-To', 'Resent-Bcc', 'Resent-From', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'Apparently-To'],
    ...['Delivered-To', 'Authentication-Results', 'Errors-To', 'Return-Receipt-To'],
    ...['Bcc ', ' Bcc', 'Bcc:', 'X-A: b\r\nBcc', 'X\0', '', 'X Y', 'Ä', 'x'.repeat(77)],
  ];
  it.each(named(DENIED))('is not %s', async (_name, name) => {
    const reply = await post({ email: OK }, { headers: { [name]: 'e@evil.test' } });

    expect(reply.status).toBe(400);
    expect(reply.body.errors[0]?.pointer).toMatch(/^\/channels\/email\/headers/);
  });

  it.each(
    named<unknown>(['b\r\nBcc: e@evil.test', 'b\nBcc: e@evil.test', 'b\rc', 'b\0', FLOOD, 1, null, ['a'], { a: 1 }]),
  )('does not say %s', async (_name, value) => {
    const reply = await post({ email: OK }, { headers: { 'X-A': value } });

    expect(reply.status).toBe(400);
    expect(reply.body.errors[0]?.pointer).toMatch(/^\/channels\/email\/headers/);
  });

  it.each(named(['b\u2028Bcc: e@evil.test', 'b\u0085Bcc: e@evil.test', 'b\vBcc: e@evil.test', 'x'.repeat(998)]))(
    'that says what it may is one header: %s',
    async (_name, value) => {
      await expect(oneOrRefused(await post({ email: OK }, { headers: { 'X-A': value } }), '', [OK])).resolves.toBe(
        true,
      );

      const unknown = headersOf(mailbox.received[0]?.raw).filter((header) => !EXPECTED.includes(header));
      expect(unknown).toEqual(['x-a']);
    },
  );
});

describe('an attachment', () => {
  const attachment = { name: 'a.txt', contentType: 'text/plain', content: 'SGk=' };

  it.each<[object, string]>([
    [{ path: '/etc/passwd' }, '/path'],
    [{ href: 'http://169.254.169.254/' }, '/href'],
    [{ raw: 'Bcc: e@evil.test' }, '/raw'],
    [{ content: { path: '/etc/passwd' } }, '/content'],
    [{ content: 'data:text/plain;base64,SGk=' }, '/content'],
    [{ name: 'a\r\nBcc: e@evil.test' }, '/name'],
    [{ name: '../../etc/passwd' }, '/name'],
    [{ name: 'a\0.txt' }, '/name'],
    [{ contentType: 'text/plain\r\nBcc: e@evil.test' }, '/contentType'],
    [{ contentType: 'text/plain; charset=x' }, '/contentType'],
    [{ contentId: 'a>\r\nBcc: e@evil.test' }, '/contentId'],
    [{ headers: { Bcc: 'e@evil.test' } }, '/headers'],
    [{ encoding: 'utf8' }, '/encoding'],
  ])('is refused with %j', async (wish, pointer) => {
    const reply = await post({ email: OK }, { attachments: [{ ...attachment, ...wish }] });

    expect(reply.status).toBe(400);
    await oneOrRefused(reply, `/channels/email/attachments/0${pointer}`, []);
  });

  it.each(['a"; x="b.txt', "a'b;c=d.txt", 'Größe 👋.txt', 'a\u2028b.txt', '..', '=?utf-8?Q?=0D=0AX:_y?='])(
    'has the name it was given: %j',
    async (name) => {
      await oneOrRefused(await post({ email: OK }, { attachments: [{ ...attachment, name }] }), '', [OK]);

      const [{ mail } = {}] = mailbox.received;
      expect(mail?.attachments).toHaveLength(1);
      expect(mail?.attachments[0]?.content.toString()).toBe('Hi');
    },
  );

  it.each(['text', 'html', 'subject'])('does not come in by an object as %s', async (field) => {
    const reply = await post({ email: OK }, { [field]: { path: '/etc/passwd' } });

    expect(reply.status).toBe(400);
    await oneOrRefused(reply, `/channels/email/${field}`, []);
  });
});

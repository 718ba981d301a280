import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { EmailMessage, Outcome } from '../../src/extension/index.js';
import { SmtpProvider } from '../../src/plugins/smtp/smtp.provider.js';
import type { SmtpSettings } from '../../src/plugins/smtp/smtp.settings.js';
import { A_DELIVERY, aCallContext } from '../builders/call-context.js';
import { aScriptedSmtp, type ScriptedSmtp, type SmtpScript } from '../fakes/smtp-script.js';
import { eventually } from '../support/eventually.js';
import { aMailbox } from '../support/mailbox.js';
import { Opened } from '../support/opened.js';

const DEADLINE_MS = 500;
const mail: EmailMessage = {
  to: { name: '', address: 'ann@example.com' },
  ...{ from: null, replyTo: null, cc: [], bcc: [], subject: 'Hello', html: null, text: 'Hello there' },
  ...{ headers: {}, attachments: [] },
};

let provider: SmtpProvider;
let server: ScriptedSmtp;
const opened = new Opened();
beforeEach(async () => {
  provider = new SmtpProvider();
  server = await opened.keep(aScriptedSmtp());
});
afterEach(async () => {
  await provider.close();
  await opened.closeAll();
});

const sendTo = (wish: Partial<SmtpSettings> & { port: number }, deadlineMs = 10_000): Promise<Outcome> =>
  provider.send(
    aCallContext({ host: '127.0.0.1', from: 'shop@example.com', ...wish }, { signal: AbortSignal.timeout(deadlineMs) }),
    mail,
  );
const sent = (script: SmtpScript, deadlineMs?: number): Promise<Outcome> => {
  server.play(script);
  return sendTo({ port: server.port }, deadlineMs);
};

const RETRY = { kind: 'failed', fault: 'recipient' };
const PROVIDER = { kind: 'failed', fault: 'provider', timedOut: false };
const LATE = { kind: 'failed', fault: 'provider', timedOut: true };

describe('what the server says', () => {
  it.each<[string, SmtpScript, object]>([
    ['250', {}, { kind: 'sent', reference: `<${A_DELIVERY}@example.com>`, detail: '250 2.0.0 taken' }],
    ['421 at once', { greeting: '421 4.3.2 come back later' }, PROVIDER],
    ['554 at once', { greeting: '554 5.7.1 you are not welcome' }, PROVIDER],
    ['421 to the recipient', { rcpt: '421 4.7.0 too many' }, PROVIDER],
    ['450 to the recipient', { rcpt: '450 4.2.1 busy' }, { ...RETRY, detail: '450 4.2.1 busy' }],
    ['550 to the recipient', { rcpt: '550 5.1.1 nobody' }, { kind: 'rejected', reason: 'hard_bounce' }],
    ['550 to the sender', { mail: '550 5.7.1 not you' }, { kind: 'rejected', reason: 'provider_rejected' }],
    ['451 to DATA', { data: '451 4.3.0 later' }, RETRY],
    ['452 to the mail', { content: '452 4.3.1 disk is full' }, RETRY],
    ['554 to the mail', { content: '554 5.7.1 spam' }, { kind: 'rejected', reason: 'provider_rejected' }],
    ['421 to the mail', { content: '421 4.3.2 going down' }, PROVIDER],
    ['several lines', { rcpt: '550-5.1.1 nobody\r\n550 5.1.1 of that name' }, { reason: 'hard_bounce' }],
    ['no SMTP', { greeting: 'HTTP/1.1 400 Bad Request' }, PROVIDER],
    ['nothing: it drops the connection', { greeting: 'drop' }, PROVIDER],
    ['nothing to the recipient: it drops the connection', { rcpt: 'drop' }, PROVIDER],
  ])('%s', async (_what, script, outcome) => {
    await expect(sent(script)).resolves.toMatchObject(outcome);
  });

  it('is asked for once within a call, whatever it is', async () => {
    await sent({ content: '451 later' });

    expect(server.heard.filter((line) => /^RCPT/.test(line))).toEqual(['RCPT TO:<ann@example.com>']);
  });
});

describe('a mail that may have been taken', () => {
  it('is the provider’s fault, has the same Message-ID in the next try, and is not sent twice in this one', async () => {
    await expect(sent({ content: 'drop' })).resolves.toMatchObject(PROVIDER);
    expect(server.heard.filter((line) => line === '<content>')).toHaveLength(1);

    const mailbox = await opened.keep(aMailbox());
    await expect(sendTo({ port: mailbox.port })).resolves.toMatchObject({ kind: 'sent' });
    expect(mailbox.received[0]?.mail.messageId).toBe(`<${A_DELIVERY}@example.com>`);
  });
});

describe('the total deadline', () => {
  it.each<[string, SmtpScript]>([
    ['says nothing at all', { greeting: 'hang' }],
    ['drips its greeting', { greeting: 'drip' }],
    ['drips its features', { ehlo: 'drip' }],
    ['says nothing to the recipient', { rcpt: 'hang' }],
    ['drips its answer to the recipient', { rcpt: 'drip' }],
    ['says nothing to DATA', { data: 'hang' }],
    ['says nothing to the mail', { content: 'hang' }],
    ['drips its answer to the mail', { content: 'drip' }],
  ])('ends the call and the connection of a server that %s', async (_what, script) => {
    await expect(sent(script, DEADLINE_MS)).resolves.toMatchObject(LATE);
    await eventually(() => server.open() === 0);
  });

  it('leaves the mails of others alone', async () => {
    server.play({ content: 'hang' });
    const late = sendTo({ port: server.port }, 3_000);
    await eventually(() => server.heard.includes('<content>'));
    server.play({});

    await expect(sendTo({ port: server.port })).resolves.toMatchObject({ kind: 'sent' });
    await expect(late).resolves.toMatchObject(LATE);
    await expect(sendTo({ port: server.port })).resolves.toMatchObject({ kind: 'sent' });
  });

  it('of a server that is slow, and in time, is not met', async () => {
    server.play({ content: 'hang' });
    const sending = sendTo({ port: server.port });
    await eventually(() => server.heard.includes('<content>'));
    server.answer('250 at last');

    await expect(sending).resolves.toMatchObject({ kind: 'sent', detail: '250 at last' });
  });

  it.each<[string, SmtpScript]>([
    ['hangs', { greeting: 'hang' }],
    ['drips', { ehlo: 'drip' }],
  ])('ends a verification of a server that %s as well', async (_what, script) => {
    server.play(script);
    const settings: SmtpSettings = { host: '127.0.0.1', port: server.port, from: 'shop@example.com' };
    const context = aCallContext(settings, { signal: AbortSignal.timeout(DEADLINE_MS) });

    await expect(provider.verify(context)).rejects.toThrow('did not answer in time');
    await eventually(() => server.open() === 0);
  });
});

it('a pooled connection that the server has closed meanwhile is replaced', async () => {
  await expect(sent({})).resolves.toMatchObject({ kind: 'sent' });
  server.hangUp();
  await expect(sent({})).resolves.toMatchObject({ kind: 'sent' });

  expect(server.made()).toBe(2);
});

describe('TLS', () => {
  /** With the certificate of its own making that the library has. */
  async function aTlsServer(wish: {
    secure: boolean;
  }): Promise<{ port: number; mails(): number; close(): Promise<void> }> {
    let mails = 0;
    const tls = new SMTPServer({
      ...wish,
      authOptional: true,
      closeTimeout: 100,
      onData: (stream, _session, callback) => {
        stream.resume().on('end', () => {
          mails++;
          callback();
        });
      },
    });
    tls.on('error', () => undefined);
    tls.listen(0, '127.0.0.1');
    await once(tls.server, 'listening');
    const { port } = tls.server.address() as AddressInfo;
    return { port, mails: () => mails, close: () => new Promise((resolve) => tls.close(() => resolve())) };
  }

  it.each([
    ['from the first byte', true],
    ['by STARTTLS', false],
  ])(
    '%s with a certificate that nobody vouches for is the provider’s fault, unless it is allowed',
    async (_how, secure) => {
      const tls = await opened.keep(aTlsServer({ secure }));

      const refused = await sendTo({ port: tls.port, secure });
      expect(refused).toMatchObject({ ...PROVIDER, detail: expect.stringMatching(/certificate/i) });
      expect(tls.mails()).toBe(0);
      await expect(sendTo({ port: tls.port, secure, tls: { rejectUnauthorized: false } })).resolves.toMatchObject({
        kind: 'sent',
      });
      expect(tls.mails()).toBe(1);
    },
  );

  it('with a server that speaks none is the provider’s fault', async () => {
    await expect(sendTo({ port: server.port, secure: true })).resolves.toMatchObject(PROVIDER);
  });

  it('with a server that is silent ends at the deadline', async () => {
    server.play({ greeting: 'hang' });

    await expect(sendTo({ port: server.port, secure: true }, DEADLINE_MS)).resolves.toMatchObject(LATE);
    await eventually(() => server.open() === 0);
  });
});

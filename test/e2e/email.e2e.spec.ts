import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aListener, aMailbox, drip, type Mailbox } from '../support/mailbox.js';
import { Opened } from '../support/opened.js';
import { rows } from '../support/rows.js';

let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;

const LEASE_SECONDS = 4;
/** What a call may take at most: half a lease. */
const DEADLINE_MS = (LEASE_SECONDS * 1_000) / 2;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp({ WORK_LEASE_SECONDS: String(LEASE_SECONDS) });
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

beforeEach(async () => {
  client = await aClient(app);
  mailbox.received.length = 0;
  mailbox.behave(() => undefined);
});

const opened = new Opened();
afterEach(() => opened.closeAll());

const to = { email: 'ann@example.com' };
const sendMail = (wish: object = {}, more: object = {}): Promise<string> =>
  send(client, { to, channels: { email: anEmail(wish) }, ...more });

/** Has what waits for a later try tried now. */
const hurry = () => rows(app, `UPDATE work_items SET run_at = now() - interval '2 seconds' WHERE state = 'ready'`);

describe('a mail', () => {
  beforeEach(() => anSmtpProvider(client, mailbox));

  it('arrives as it was given, byte by byte', async () => {
    const html = '<p>Grüße, 世界 👋</p>\n<img src="cid:logo">\n' + '<!-- long -->'.repeat(200);
    const text = 'Grüße, 世界 👋\n\n.\nA line with a dot above.\n' + 'x'.repeat(2_000);
    const logo = Buffer.from(Array.from({ length: 5_000 }, (_none, n) => (n * 7) % 256));
    const id = await sendMail({
      ...{
        subject: 'Größe 👋 ' + 'ß'.repeat(80),
        html,
        text,
        from: 'orders@shop.example',
        replyTo: 'help@shop.example',
      },
      headers: { 'X-Order': '4711' },
      attachments: [
        { name: 'logo.png', contentType: 'image/png', content: logo.toString('base64'), contentId: 'logo' },
        { name: 'Rechnung größer.txt', contentType: 'text/plain', content: Buffer.from('Hä?').toString('base64') },
      ],
    });
    await reached(client, id, 'completed');

    const [{ mail, from, recipients, raw } = await Promise.reject(new Error('no mail'))] = mailbox.received;
    expect({ from, recipients }).toEqual({ from: 'orders@shop.example', recipients: ['ann@example.com'] });
    expect(mail.subject).toBe('Größe 👋 ' + 'ß'.repeat(80));
    expect(mail.text?.trimEnd()).toBe(text.trimEnd());
    expect((await simpleParser(raw, { keepCidLinks: true })).html).toBe(html.trimEnd());
    expect(mail.replyTo?.text).toBe('help@shop.example');
    expect(mail.headers.get('x-order')).toBe('4711');
    expect(raw.toString('latin1')).not.toMatch(/[\x80-\xff]/);
    const [image, bill] = mail.attachments;
    expect(image).toMatchObject({ contentId: '<logo>', contentType: 'image/png', filename: 'logo.png' });
    expect(image?.content.equals(logo)).toBe(true);
    expect(bill).toMatchObject({ filename: 'Rechnung größer.txt' });
    expect(bill?.content.toString()).toBe('Hä?');
  });

  it('keeps bcc to the envelope, and shows cc', async () => {
    const id = await sendMail({ cc: ['bob@example.com'], bcc: ['boss@example.com'] });
    await reached(client, id, 'completed');

    const [received] = mailbox.received;
    expect([...(received?.recipients ?? [])].sort()).toEqual([
      'ann@example.com',
      'bob@example.com',
      'boss@example.com',
    ]);
    expect(received?.mail.cc).toMatchObject({ text: 'bob@example.com' });
    expect(received?.raw.toString()).not.toMatch(/boss|bcc/i);
  });

  it('that the server cannot take now is tried again under the same Message-ID, and counted', async () => {
    let refused = 0;
    mailbox.behave((_recipient, stage) =>
      stage === 'data' && refused++ === 0 ? { code: 451, text: '4.3.0 later' } : undefined,
    );
    const id = await sendMail();
    const waiting = await deliveryReached(client, id, 'retrying');
    expect(waiting).toMatchObject({ attempts: 1, reason: null });
    await hurry();

    const seen = await reached(client, id, 'completed');
    expect(seen.deliveries[0]).toMatchObject({ status: 'sent', attempts: 2 });
    expect(mailbox.received[0]?.mail.messageId).toBe(`<${seen.deliveries[0]?.id}@example.com>`);
    const attempts = (await timelineOf(client, id)).filter(({ type }) => type === 'attempt');
    expect(attempts).toMatchObject([
      { status: 'retrying', attempt: 1, detail: '451 4.3.0 later' },
      { status: 'sent', attempt: 2 },
    ]);
  });

  it('waits longer from try to try', async () => {
    mailbox.behave(() => ({ code: 450, text: 'busy' }));
    const id = await sendMail();
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const pause = await eventually(async () => {
        const [waiting] = await rows<{ pause: number }>(
          app,
          `SELECT extract(epoch FROM w.run_at - a.ended_at)::float8 AS pause FROM deliveries d JOIN work_items w ON w.id = d.id
             JOIN work_attempts a ON a.work_id = w.id AND a.n = w.claims WHERE d.notification_id = $1 AND w.state = 'ready' AND w.attempts = $2`,
          [id, attempt],
        );
        return waiting?.pause;
      });
      pauses.push(pause);
      await hurry();
    }

    for (const [n, base] of [5, 30, 120].entries()) {
      expect(pauses[n]).toBeGreaterThanOrEqual(base - 0.1);
      expect(pauses[n]).toBeLessThanOrEqual(base * 1.2 + 0.1);
    }
  });

  it('to an address that the server refuses for good is a hard bounce', async () => {
    mailbox.behave((_recipient, stage) => (stage === 'rcpt' ? { code: 550, text: '5.1.1 no such user' } : undefined));
    const id = await sendMail();

    const seen = await reached(client, id, 'failed');
    expect(seen.deliveries[0]).toMatchObject({ status: 'bounced', reason: 'hard_bounce', attempts: 1 });
    await expect(timelineOf(client, id)).resolves.toContainEqual(
      expect.objectContaining({
        type: 'attempt',
        status: 'bounced',
        reason: 'hard_bounce',
        detail: '550 5.1.1 no such user',
      }),
    );
  });

  it('whose recipient is refused while a copy is taken is not sent', async () => {
    mailbox.behave((recipient, stage) =>
      stage === 'rcpt' && recipient === 'ann@example.com' ? { code: 550, text: '5.1.1 no such user' } : undefined,
    );
    const id = await sendMail({ cc: ['bob@example.com'] });

    await expect(reached(client, id, 'failed')).resolves.toMatchObject({ deliveries: [{ status: 'bounced' }] });
  });

  it('whose content the server refuses has failed', async () => {
    mailbox.behave((_recipient, stage) =>
      stage === 'data' ? { code: 554, text: '5.7.1 looks like spam' } : undefined,
    );
    const id = await sendMail();

    const seen = await reached(client, id, 'failed');
    expect(seen.deliveries[0]).toMatchObject({ status: 'failed', reason: 'provider_rejected' });
  });

  it('is half a failure when one of two recipients is refused', async () => {
    mailbox.behave((recipient) => (recipient === 'gone@example.com' ? { code: 550, text: 'gone' } : undefined));
    const id = await send(client, { to: [to, { email: 'gone@example.com' }], channels: { email: anEmail() } });

    await expect(reached(client, id, 'partially_failed')).resolves.toMatchObject({
      counts: { total: 2, failed: 1, open: 0 },
    });
  });
});

describe('a provider at fault', () => {
  it('leaves the mail to the next one by priority, and burns no attempt', async () => {
    const down = await aListener();
    await down.close();
    const second = await anSmtpProvider(client, mailbox, { priority: 20, name: 'second' });
    const first = await anSmtpProvider(client, down, { priority: 10, name: 'first' });
    const id = await sendMail();

    const seen = await reached(client, id, 'completed');
    expect(seen.deliveries[0]).toMatchObject({ status: 'sent', attempts: 1, providerId: second });
    const attempts = (await timelineOf(client, id)).filter(({ type }) => type === 'attempt');
    expect(attempts).toMatchObject([
      { providerId: first, status: 'retrying', detail: expect.stringContaining('ECONNREFUSED') },
      { providerId: second, status: 'sent' },
    ]);
  });

  it('is waited for when there is no other', async () => {
    const id = await (async () => {
      const down = await aListener();
      await down.close();
      await anSmtpProvider(client, down);
      return sendMail();
    })();

    const waiting = await deliveryReached(client, id, 'retrying');
    expect(waiting).toMatchObject({ attempts: 0, reason: null });

    const [{ id: providerId }] = (await client.master.get('/providers')).body.data;
    await client.master.patch(`/providers/${providerId}`, { settings: { port: mailbox.port } });
    await hurry();
    await expect(reached(client, id, 'completed')).resolves.toMatchObject({ deliveries: [{ attempts: 1 }] });
  });

  it('may be one whose credentials are refused, and its answer shows no secret', async () => {
    const password = 'a-very-secret-password';
    const guarded = await opened.keep(aMailbox({ user: 'shop', pass: 'another' }));
    await anSmtpProvider(client, { port: guarded.port, username: 'shop', password }, { priority: 1 });
    await anSmtpProvider(client, mailbox, { priority: 2 });
    const id = await sendMail();

    await reached(client, id, 'completed');
    const [refused, sent] = (await timelineOf(client, id)).filter(({ type }) => type === 'attempt');
    expect(refused).toMatchObject({ status: 'retrying', detail: '535 5.7.8 bad credentials ••••' });
    expect(sent).toMatchObject({ status: 'sent' });
    expect(JSON.stringify(await timelineOf(client, id))).not.toContain(password);
  });

  it('sends with credentials that are right', async () => {
    const guarded = await opened.keep(aMailbox({ user: 'shop', pass: 'pässword' }));
    await anSmtpProvider(client, { port: guarded.port, username: 'shop', password: 'pässword' });
    const id = await sendMail();

    await reached(client, id, 'completed');
    expect(guarded.received).toHaveLength(1);
  });

  it.each(['hangs', 'drips a byte at a time'])('that %s is cut off at the deadline', async (way) => {
    const listener = await opened.keep(aListener(way === 'hangs' ? undefined : drip));
    await anSmtpProvider(client, listener);
    const begun = Date.now();
    const id = await sendMail();

    const waiting = await deliveryReached(client, id, 'retrying');

    expect(Date.now() - begun).toBeGreaterThan(DEADLINE_MS - 200);
    expect(waiting).toMatchObject({ reason: 'provider_timeout', attempts: 1 });
    // The lease was not over by then: nobody took it for lost.
    expect(await rows(app, 'SELECT losses FROM work_items WHERE id = $1', [waiting.id])).toEqual([{ losses: 0 }]);
    await eventually(() => listener.open() === 0);
  });

  it('that hangs leaves time for the next one', async () => {
    const listener = await opened.keep(aListener(drip));
    await anSmtpProvider(client, listener, { priority: 1 });
    const second = await anSmtpProvider(client, mailbox, { priority: 2 });
    const id = await sendMail();

    const seen = await reached(client, id, 'completed');
    expect(seen.deliveries[0]).toMatchObject({ status: 'sent', providerId: second, attempts: 1 });
    expect((await timelineOf(client, id))[1]).toMatchObject({ status: 'retrying', reason: 'provider_timeout' });
  });

  it('that hangs on one mail does not harm another on its way', async () => {
    await anSmtpProvider(client, mailbox);
    mailbox.behave((recipient, stage) => (recipient === 'slow@example.com' && stage === 'rcpt' ? 'hang' : undefined));
    const slow = await send(client, { to: { email: 'slow@example.com' }, channels: { email: anEmail() } });
    await deliveryReached(client, slow, 'retrying');
    const ids = await Promise.all(Array.from({ length: 5 }, () => sendMail()));

    for (const id of ids)
      await expect(reached(client, id, 'completed')).resolves.toMatchObject({ deliveries: [{ attempts: 1 }] });
    expect(mailbox.received).toHaveLength(5);
  });

  it('is the only one asked when the caller names it', async () => {
    const other = await opened.keep(aMailbox());
    await anSmtpProvider(client, other, { priority: 1 });
    const named = await anSmtpProvider(client, mailbox, { priority: 2 });
    const id = await sendMail({}, { provider: named });

    await expect(reached(client, id, 'completed')).resolves.toMatchObject({ deliveries: [{ providerId: named }] });
    expect(other.received).toHaveLength(0);
  });
});

describe('without a provider', () => {
  it('mail goes nowhere where there is no catcher', async () => {
    const id = await sendMail();

    const seen = await reached(client, id, 'failed');
    expect(seen.deliveries[0]).toMatchObject({ status: 'failed', reason: 'no_provider', providerId: null });
  });

  it('mail goes to the catcher in a local environment only', async () => {
    const catcher = { MAIL_CATCHER_URL: `smtp://127.0.0.1:${mailbox.port}`, EGRESS_ALLOW_CIDRS: '' };
    for (const [ENVIRONMENT, expected] of [
      ['local', 'completed'],
      ['production', 'failed'],
    ] as const) {
      const another = await opened.keep(anApp({ ...catcher, ENVIRONMENT }));
      const itsClient = await aClient(another);
      const id = await send(itsClient, { to: { email: `${ENVIRONMENT}@example.com` }, channels: { email: anEmail() } });
      await reached(itsClient, id, expected);
    }

    const caught = mailbox.received.flatMap(({ recipients }) => recipients);
    expect(caught.filter((address) => /^(local|production)@/.test(address))).toEqual(['local@example.com']);
  });
});

describe('an address that a client set', () => {
  it('is not connected to when it is private, and the mail has failed', async () => {
    const strict = await opened.keep(anApp({ EGRESS_ALLOW_CIDRS: '' }));
    const its = await aClient(strict);
    const listener = await opened.keep(aListener());
    for (const host of ['127.0.0.1', 'localhost', '::1', '::ffff:127.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0'])
      await anSmtpProvider(its, { host, port: listener.port });
    const id = await send(its, { to, channels: { email: anEmail() } });

    const seen = await reached(its, id, 'failed');
    expect(seen.deliveries[0]).toMatchObject({ status: 'failed', reason: 'ssrf_blocked' });
    const attempts = (await timelineOf(its, id)).filter(({ type }) => type === 'attempt');
    expect(attempts).toHaveLength(7);
    expect(new Set(attempts.map(({ detail }) => detail)).size).toBe(1);
    expect(listener.made()).toBe(0);
  });

  it('that is private does not keep the next provider from sending', async () => {
    const strict = await opened.keep(anApp({ EGRESS_ALLOW_CIDRS: '127.0.0.0/8' }));
    const its = await aClient(strict);
    await anSmtpProvider(its, { host: '10.1.2.3', port: 25 }, { priority: 1 });
    await anSmtpProvider(its, mailbox, { priority: 2 });
    const id = await send(its, { to, channels: { email: anEmail() } });

    await reached(its, id, 'completed');
  });
});

it('the settings that cannot be opened any more make a mail wait, not fail', async () => {
  await anSmtpProvider(client, mailbox);
  await rows(app, `UPDATE providers SET settings = jsonb_set(settings, '{kid}', '"00000000"') WHERE client_id = $1`, [
    client.id,
  ]);
  const id = await sendMail();

  await expect(deliveryReached(client, id, 'retrying')).resolves.toMatchObject({ attempts: 0 });
  await expect(notificationOf(client, id)).resolves.toMatchObject({ status: 'processing' });
  expect(await timelineOf(client, id)).toContainEqual(
    expect.objectContaining({ type: 'waiting', decision: 'passed over: Mail [smtp] (settings)' }),
  );
});

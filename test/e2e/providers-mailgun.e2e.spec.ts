import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BatchItem, EmailMessage, Outcome } from '../../src/extension/index.js';
import { MailgunProvider } from '../../src/plugins/mailgun/mailgun.provider.js';
import { A_DELIVERY, aCallContext } from '../builders/call-context.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, reached, send, timelineOf } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { aMailgun, anEvent, type FakeMailgun, signed } from '../fakes/mailgun.js';
import { aVendor, type VendorReply } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Opened } from '../support/opened.js';

const apiKey = 'key-0123456789abcdef';
const domain = 'mg.example.com';
const webhookSigningKey = 'signing-key-0123456789';
const provider = new MailgunProvider();

let mailgun: FakeMailgun;
const settings = (wish: object = {}) => ({
  ...{ apiKey, domain, from: 'shop@mg.example.com', baseUrl: mailgun.url, webhookSigningKey },
  ...wish,
});

const opened = new Opened();
beforeEach(async () => {
  mailgun = await opened.keep(aMailgun({ apiKey, domain, pageSize: 2 }));
});
afterEach(() => opened.closeAll());

const mail = (wish: Partial<EmailMessage> = {}): EmailMessage => ({
  to: { name: '', address: 'ann@example.com' },
  ...{ from: null, replyTo: null, cc: [], bcc: [], subject: 'Hello', html: null, text: 'Hello there' },
  ...{ headers: {}, attachments: [] },
  ...wish,
});

describe('through the API', () => {
  let app: TestApp;
  let client: TestClient;
  beforeAll(async () => {
    app = await anApp();
  }, 60_000);
  afterAll(() => app.close());
  beforeEach(async () => {
    client = await aClient(app);
  });

  it('a mail is handed over whole, and knows its delivery', async () => {
    const providerId = await aProvider(client, 'mailgun', settings());
    const id = await send(client, {
      to: { email: 'ann@example.com', name: 'Ann "the" <Great>, eve@evil.example' },
      channels: {
        email: {
          ...{
            subject: 'Größe 👋',
            html: '<p>Grüße</p><img src="cid:logo">',
            text: 'Grüße',
            replyTo: 'help@shop.example',
          },
          ...{ from: 'orders@mg.example.com', cc: ['bob@example.com'], bcc: ['boss@example.com'] },
          headers: { 'X-Order': '4711' },
          attachments: [
            { name: 'bill.txt', contentType: 'text/csv', content: Buffer.from('a;b').toString('base64') },
            {
              name: 'l.png',
              contentType: 'image/png',
              content: Buffer.from('png').toString('base64'),
              contentId: 'logo',
            },
          ],
        },
      },
    });

    const { deliveries } = await reached(client, id, 'completed');
    const [delivery] = deliveries;
    expect(delivery).toMatchObject({ status: 'sent', providerId, attempts: 1 });
    expect(mailgun.mails).toHaveLength(1);
    expect(mailgun.mails[0]).toMatchObject({
      messageId: `<${delivery?.id}@${domain}>`,
      fields: {
        to: ['"Ann  the   Great , eve@evil.example" <ann@example.com>'],
        from: ['orders@mg.example.com'],
        cc: ['bob@example.com'],
        bcc: ['boss@example.com'],
        subject: ['Größe 👋'],
        html: ['<p>Grüße</p><img src="cid:logo">'],
        text: ['Grüße'],
        'h:Reply-To': ['help@shop.example'],
        'h:X-Order': ['4711'],
        'h:X-ChatAPI-Delivery': [delivery?.id],
        'v:delivery-id': [delivery?.id],
      },
      files: [
        { field: 'attachment', name: 'bill.txt', type: 'text/csv', content: 'a;b' },
        { field: 'inline', name: 'logo', type: 'image/png', content: 'png' },
      ],
    });
  });

  it('what Mailgun answers is in the timeline without the key', async () => {
    mailgun.behave(({ headers }) => ({ status: 401, body: `who is ${headers.authorization} or ${apiKey}?` }));
    await aProvider(client, 'mailgun', settings());
    const id = await send(client, { to: { email: 'ann@example.com' }, channels: { email: anEmail() } });

    const attempt = await eventually(async () =>
      (await timelineOf(client, id)).find(({ type, detail }) => type === 'attempt' && detail),
    );
    expect(attempt.detail).toContain('401 who is Basic');
    expect(attempt.detail).not.toContain(apiKey);
    expect(attempt.detail).not.toContain(Buffer.from(`api:${apiKey}`).toString('base64').slice(8, -4));
  });

  it('the credentials are verified, and the domain is ready to send', async () => {
    const verify = async (wish: object) => {
      const id = await aProvider(client, 'mailgun', settings(wish));
      return (await client.master.post(`/providers/${id}/verify`)).body;
    };

    await expect(verify({})).resolves.toEqual({ ok: true, detail: null });
    await expect(verify({ apiKey: 'another' })).resolves.toMatchObject({ ok: false, detail: '401 Forbidden' });
    mailgun.state = 'unverified';
    await expect(verify({})).resolves.toMatchObject({ ok: false, detail: expect.stringContaining('unverified') });
    expect(mailgun.mails).toEqual([]);
  });
});

describe('what Mailgun answers', () => {
  const answered = async (reply: VendorReply, message = mail()): Promise<Outcome> => {
    mailgun.behave(() => reply);
    return provider.send(aCallContext(settings()), message);
  };

  it.each<[string, VendorReply, object]>([
    ['401', { status: 401, body: 'Forbidden' }, { kind: 'failed', fault: 'provider' }],
    ['402', { status: 402, body: { message: 'pay' } }, { kind: 'failed', fault: 'provider' }],
    ['403', { status: 403, body: { message: 'sandbox' } }, { kind: 'failed', fault: 'provider' }],
    ['404', { status: 404, body: { message: 'Domain not found' } }, { kind: 'failed', fault: 'provider' }],
    ['500', { status: 500 }, { kind: 'failed', fault: 'provider' }],
    [
      '400 about the address',
      { status: 400, body: { message: "'to' parameter is not a valid address. please check documentation" } },
      { kind: 'rejected', reason: 'invalid_recipient' },
    ],
    ['400', { status: 400, body: { message: 'no' } }, { kind: 'rejected', reason: 'provider_rejected' }],
    ['413', { status: 413 }, { kind: 'rejected', reason: 'provider_rejected' }],
    [
      '429',
      { status: 429, headers: { 'retry-after': '17' } },
      { kind: 'failed', fault: 'recipient', retryAfterSeconds: 17 },
    ],
    ['200 without an id', { body: 'Mailgun Magnificent API' }, { kind: 'failed', fault: 'provider' }],
    ['200', { body: { id: '4711@mg.example.com' } }, { kind: 'sent', reference: '<4711@mg.example.com>' }],
    ['nothing', 'drop', { kind: 'failed', fault: 'provider' }],
  ])('decides over the message: %s', async (_what, reply, outcome) => {
    await expect(answered(reply)).resolves.toMatchObject(outcome);
  });

  it.each<VendorReply>(['drip', 'hang'])('is not waited for past the deadline: %s', async (reply) => {
    mailgun.behave(() => reply);
    const begun = Date.now();
    const outcome = await provider.send(aCallContext(settings(), { signal: AbortSignal.timeout(500) }), mail());

    expect(outcome).toMatchObject({ kind: 'failed', fault: 'provider', timedOut: true });
    expect(Date.now() - begun).toBeLessThan(10_000);
    await eventually(() => mailgun.open() === 0);
  });

  it('is not followed elsewhere', async () => {
    const elsewhere = await opened.keep(aVendor(() => ({ body: { id: '1@x' } })));
    const outcome = await answered({ status: 307, headers: { location: `${elsewhere.url}/v3/${domain}/messages` } });

    expect(outcome).toMatchObject({ kind: 'rejected' });
    expect(elsewhere.calls).toEqual([]);
  });

  it('never comes from an address that is private', async () => {
    const outcome = await provider.send(aCallContext(settings(), { allowed: '' }), mail());

    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'ssrf_blocked' });
    expect(mailgun.calls).toEqual([]);
  });
});

describe('a batch', () => {
  const deliveryOf = (n: number): string => `0192f0c4-7d1e-7cc1-9a51-${String(n).padStart(12, '0')}`;
  const itemsOf = (addresses: readonly string[], wish: (n: number) => Partial<EmailMessage> = () => ({})) =>
    addresses.map((address, n): BatchItem<EmailMessage> => ({
      deliveryId: deliveryOf(n),
      attempt: 1,
      message: mail({ to: { name: '', address }, ...wish(n) }),
    }));
  const sendBatch = (items: readonly BatchItem<EmailMessage>[]) => provider.sendBatch(aCallContext(settings()), items);

  it('of 1,000 is one call, and everybody gets a mail of their own', async () => {
    const addresses = Array.from({ length: 1_000 }, (_none, n) => `user${n}@example.com`);
    const items = itemsOf(addresses, (n) => ({
      headers: { 'X-Same': 'yes', 'List-Unsubscribe': `<https://shop.example/unsubscribe/${n}>` },
    }));
    const outcomes = await sendBatch(items);

    expect(mailgun.calls).toHaveLength(1);
    expect(outcomes).toHaveLength(1_000);
    expect(new Set(outcomes?.map((outcome) => outcome.kind))).toEqual(new Set(['sent']));
    expect(mailgun.mails.map(({ to }) => to)).toEqual(addresses);
    for (const [n, { to, fields }] of mailgun.mails.entries()) {
      expect(fields.to).toEqual([to]);
      expect(fields['v:delivery-id']).toEqual([deliveryOf(n)]);
      expect(fields['h:X-ChatAPI-Delivery']).toEqual([deliveryOf(n)]);
      expect(fields['h:List-Unsubscribe']).toEqual([`<https://shop.example/unsubscribe/${n}>`]);
      expect(fields['h:X-Same']).toEqual(['yes']);
    }
  });

  it('sends what goes to the same address again in a call of its own', async () => {
    const outcomes = await sendBatch(itemsOf(['ann@example.com', 'bob@example.com', 'Ann@example.com']));

    expect(outcomes?.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent']);
    expect(mailgun.calls).toHaveLength(2);
    expect(mailgun.mails.map(({ to, fields }) => [to, fields['v:delivery-id']?.[0]])).toEqual([
      ['ann@example.com', deliveryOf(0)],
      ['bob@example.com', deliveryOf(1)],
      ['Ann@example.com', deliveryOf(2)],
    ]);
  });

  it.each<[string, (n: number) => Partial<EmailMessage>]>([
    ['subjects', (n) => ({ subject: `Hello ${n}` })],
    ['senders', (n) => ({ from: { name: '', address: `shop${n}@example.com` } })],
    ['sets of headers', (n) => ({ headers: Object.fromEntries([[`X-${n}`, '1']]) })],
    [
      'files',
      (n) => ({ attachments: [{ name: 'a', contentType: 'a/b', content: Buffer.from([n]), contentId: null }] }),
    ],
    ['copies', () => ({ cc: ['boss@example.com'] })],
    ['texts that Mailgun would fill in', () => ({ text: 'Use %recipient.id% here' })],
  ])('does not go as one with different %s', async (_what, wish) => {
    await expect(sendBatch(itemsOf(['ann@example.com', 'bob@example.com'], wish))).resolves.toBeNull();
    expect(mailgun.calls).toEqual([]);
  });

  it('goes as one with files that are the same', async () => {
    const attachments = () => [{ name: 'a', contentType: 'a/b', content: Buffer.from('same'), contentId: null }];
    const outcomes = await sendBatch(
      itemsOf(['ann@example.com', 'bob@example.com'], () => ({ attachments: attachments() })),
    );

    expect(outcomes?.map(({ kind }) => kind)).toEqual(['sent', 'sent']);
  });

  it('goes one by one when Mailgun refuses something in it', async () => {
    await expect(sendBatch(itemsOf(['ann@example.com', 'no address']))).resolves.toBeNull();
    expect(mailgun.mails).toEqual([]);
  });

  it('waits as one when Mailgun is at fault', async () => {
    mailgun.behave(() => ({ status: 503 }));
    const outcomes = await sendBatch(itemsOf(['ann@example.com', 'bob@example.com', 'ann@example.com']));

    expect(outcomes).toEqual(Array(3).fill(expect.objectContaining({ kind: 'failed', fault: 'provider' })));
    expect(mailgun.calls).toHaveLength(1);
  });
});

describe('an event that Mailgun tells', () => {
  const told = (body: object | string, wish: object = {}) =>
    provider.receipts(settings(wish), {
      ...{ url: 'https://chat.example/events', headers: {}, query: {} },
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    });
  const timestamp = 1_795_600_000.123_456;

  it.each([
    ['accepted', {}, 'sent'],
    ['delivered', {}, 'delivered'],
    ['opened', {}, 'opened'],
    ['clicked', {}, 'clicked'],
    ['complained', {}, 'complained'],
    ['unsubscribed', {}, 'unsubscribed'],
    ['rejected', {}, 'failed'],
    ['failed', { severity: 'permanent', reason: 'bounce' }, 'bounced'],
    ['failed', { severity: 'permanent', reason: 'suppress-bounce' }, 'bounced'],
    [
      'failed',
      { severity: 'permanent', reason: 'generic', 'delivery-status': { 'enhanced-code': '5.1.1' } },
      'bounced',
    ],
    ['failed', { severity: 'permanent', reason: 'generic', 'delivery-status': { 'enhanced-code': '5.7.1' } }, 'failed'],
    ['failed', { severity: 'permanent', reason: 'old' }, 'failed'],
    ['failed', { severity: 'permanent', reason: 'suppress-complaint' }, 'failed'],
  ])('is a receipt: %s %j is %s', (event, more, kind) => {
    expect(told(signed(anEvent({ event, ...more }), webhookSigningKey))).toMatchObject([{ kind }]);
  });

  it.each([
    ['failed', { severity: 'temporary', reason: 'generic' }],
    ['stored', {}],
    ['delivered', { id: undefined }],
    ['delivered', { timestamp: Number.NaN }],
  ])('is none when nothing has changed, or nothing can be made of it: %s %j', (event, more) => {
    expect(told(signed(anEvent({ event, ...more }), webhookSigningKey))).toEqual([]);
  });

  it('names the delivery, the message and the recipient', () => {
    const event = anEvent({
      ...{ id: 'Ase7i2zsRYeDXztHGENqRA', timestamp, event: 'failed', severity: 'permanent', reason: 'bounce' },
      'user-variables': { 'delivery-id': A_DELIVERY },
      'delivery-status': { code: 550, message: '', description: 'no such user' },
    });

    expect(told(signed(event, webhookSigningKey, { token: 'good-for-one-call' }))).toEqual([
      {
        token: '2026-11-25:Ase7i2zsRYeDXztHGENqRA',
        nonce: 'good-for-one-call',
        kind: 'bounced',
        at: new Date(Math.floor(timestamp * 1_000)),
        deliveryId: A_DELIVERY,
        reference: '<4711@mg.example.com>',
        recipient: 'ann@example.com',
        detail: 'bounce 550 no such user',
      },
    ]);
  });

  it('names no delivery that is none', () => {
    const [receipt] = told(signed(anEvent({ 'user-variables': { 'delivery-id': "'; --" } }), webhookSigningKey));
    expect(receipt).not.toHaveProperty('deliveryId');
  });

  const event = anEvent();
  it.each<[string, () => object | string, object?]>([
    ['another key', () => signed(event, 'another')],
    ['none', () => ({ 'event-data': event })],
    [
      'one of another token',
      () => ({
        ...signed(event, webhookSigningKey),
        signature: { ...signed(event, webhookSigningKey).signature, token: 'x' },
      }),
    ],
    [
      'one that is too long',
      () => {
        const { signature, ...rest } = signed(event, webhookSigningKey);
        return { ...rest, signature: { ...signature, signature: `${signature.signature}00` } };
      },
    ],
    ['one that is old', () => signed(event, webhookSigningKey, { at: Date.now() - 302_000 })],
    ['one from the future', () => signed(event, webhookSigningKey, { at: Date.now() + 302_000 })],
    ['no JSON', () => 'signature=1'],
    ['no object', () => 'null'],
    ['no key of ours', () => signed(event, ''), { webhookSigningKey: undefined }],
  ])('is refused with a signature by %s', (_what, body, wish = {}) => {
    expect(() => told(body(), wish)).toThrow(expect.objectContaining({ name: 'InvalidSignature' }));
  });

  it('is taken just within the tolerance', () => {
    for (const at of [Date.now() - 295_000, Date.now() + 295_000])
      expect(told(signed(event, webhookSigningKey, { at }))).toHaveLength(1);
  });
});

describe('what Mailgun is asked for', () => {
  const HOUR_MS = 3_600_000;
  const poll = (since: Date) => provider.poll(aCallContext(settings()), since);

  it('comes page by page, from a time on, as the same receipts as if it had been told', async () => {
    const begin = Date.now() - HOUR_MS;
    const events = Array.from({ length: 5 }, (_none, n) => anEvent({ timestamp: begin / 1_000 + n }));
    mailgun.events.push(...events, anEvent({ timestamp: begin / 1_000 - 60 }));
    const { receipts, until } = await poll(new Date(begin));

    const told = events.flatMap((event) =>
      provider.receipts(settings(), {
        ...{ url: '', headers: {}, query: {} },
        body: Buffer.from(JSON.stringify(signed(event, webhookSigningKey))),
      }),
    );
    expect(receipts).toEqual(told.map(({ nonce: _ofTheCall, ...receipt }) => receipt));
    expect(mailgun.calls).toHaveLength(4);
    expect(Math.abs(until.getTime() - (Date.now() - HOUR_MS / 2))).toBeLessThan(5_000);
  });

  it('begins where it began while all of it is young', async () => {
    const since = new Date();
    await expect(poll(since)).resolves.toEqual({ receipts: [], until: since });
  });

  it('goes on the next time where there was too much of it', async () => {
    const begin = Math.floor(Date.now() / 1_000) - 7_200;
    mailgun.events.push(...Array.from({ length: 50 }, (_none, n) => anEvent({ timestamp: begin + n })));
    const first = await poll(new Date(begin * 1_000));
    const second = await poll(first.until);

    expect(first.receipts).toHaveLength(40);
    expect(first.until).toEqual(new Date((begin + 39) * 1_000));
    expect(new Set([...first.receipts, ...second.receipts].map(({ token }) => token)).size).toBe(50);
  });

  it('keeps what it has when a later page fails, and fails when the first does', async () => {
    const begin = Math.floor(Date.now() / 1_000) - 7_200;
    const items = [anEvent({ timestamp: begin + 1 })];
    mailgun.behave(({ path }) =>
      path.endsWith('/events')
        ? { body: { items, paging: { next: `https://elsewhere.example/v3/${domain}/events/next` } } }
        : { status: 500 },
    );
    const { receipts, until } = await poll(new Date(begin * 1_000));

    expect(receipts).toHaveLength(1);
    expect(until).toEqual(new Date((begin + 1) * 1_000));
    expect(mailgun.calls).toHaveLength(2);
    mailgun.behave(() => ({ body: 'Mailgun Magnificent API' }));
    await expect(poll(until)).rejects.toThrow('no page of events');
  });

  it('says nothing on the console', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    await poll(new Date());
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

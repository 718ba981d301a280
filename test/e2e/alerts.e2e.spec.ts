import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AlertClients } from '../../src/modules/alerts/alert-clients.js';
import { AlertsRepository } from '../../src/modules/alerts/alerts.repository.js';
import { AlertsService } from '../../src/modules/alerts/alerts.service.js';
import { AlertsSweep } from '../../src/modules/alerts/alerts-sweep.js';
import { Clock, Database, newId, type Tx } from '../../src/platform/database/index.js';
import { type OutboundEvent, Outbox } from '../../src/platform/outbox/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { reached, send } from '../builders/notifications.js';
import { anSmtpProvider, aProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox, type ReceivedMail } from '../support/mailbox.js';
import { rows } from '../support/rows.js';

const QUIET = 15 * 60;
const LONG = 3_600;
const FAILS = '+15550000003';
const ARRIVES = '+15550000000';

let app: TestApp;
let elsewhere: TestApp;
let mailbox: Mailbox;
let client: TestClient;
let ops: string;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp({ ENVIRONMENT: 'production' });
  elsewhere = await app.another();
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

beforeEach(async () => {
  setTime(-LONG); // until a test says that time has passed, no mail is due
  client = await aClient(app, { name: 'Shop' });
  ops = `ops@${client.slug}.example`;
  await prepare(client, ops);
});

afterEach(() => mailbox.behave(() => undefined));

async function prepare(of: TestClient, alertEmail: string): Promise<void> {
  await of.master.patch('/clients/me', { settings: { alertEmail } });
  await aProvider(of, 'simulator', { channel: 'sms' });
  await anSmtpProvider(of, mailbox);
}

/** What the sweep takes for now. */
const setTime = (seconds: number) => {
  for (const at of [app, elsewhere]) at.part(Clock).advance(seconds - at.part(Clock).aheadSeconds);
};
const sweep = () => Promise.all([app, elsewhere].map((at) => at.part(AlertsService).sweep()));
/** When so long has passed, everybody looks at once, and again. */
async function after(seconds: number): Promise<void> {
  setTime(seconds);
  await Promise.all([sweep(), sweep(), sweep()]);
}
const mails = (address = ops): ReceivedMail[] =>
  mailbox.received.filter(({ recipients }) => recipients.includes(address));
const mailsAre = (count: number, address = ops) =>
  eventually(() => {
    if (mails(address).length !== count) throw new Error(`${mails(address).length} mails`);
    return mails(address);
  });
const text = (mail?: ReceivedMail): string => mail?.mail.text ?? '';
const sms = (phone: string, body = 'Your code is 4711') => ({
  to: { phone },
  channels: { sms: { text: body } },
  tags: ['vip'],
  metadata: { order: 'secret-order' },
});
async function fail(of = client): Promise<string> {
  const id = await send(of, sms(FAILS));
  await reached(of, id, 'failed');
  return id;
}
const alertsOf = (of = client) =>
  rows<{ type: string; told: boolean }>(
    app,
    `SELECT type, told_by IS NOT NULL AS told FROM alerts WHERE client_id = $1 ORDER BY id`,
    [of.id],
  );
const digestsOf = (of = client) =>
  eventually(async () => {
    const { data } = (await of.master.get('/notifications?tag=chatapi-alert')).body as { data: { id: string }[] };
    return data.length > 0 && data;
  });

describe('a client that wants mail about failures', () => {
  it('is told once of what came together, ten seconds after the first of it; of ids and reasons alone', async () => {
    const ids = [await fail(), await fail(), await fail()];
    const early = await sweep();
    await after(30);

    const [mail] = await mailsAre(1);
    await after(60);

    expect(early).toEqual([0, 0]);
    expect(mail?.mail.subject).toBe('Shop: 6 alerts');
    expect(text(mail)).toMatch(/^3 notifications failed \(failed\), .*\[notification\.failed\]$/m);
    expect(text(mail)).toMatch(/^3 deliveries failed \(sms: provider_rejected\), .*\[delivery\.failed\]$/m);
    for (const id of ids) expect(text(mail)).toContain(id);
    expect(mail?.raw.toString()).not.toMatch(/4711|secret-order|vip|\+1555/);
    expect(mails()).toHaveLength(1);
    const [digest] = await digestsOf();
    expect(digest).toMatchObject({ category: 'critical', tags: ['chatapi-alert'], channels: ['email'] });
    expect(await alertsOf()).toEqual(
      [1, 2, 3].flatMap(() => [
        { type: 'delivery.failed', told: true },
        { type: 'notification.failed', told: true },
      ]),
    );
  });

  it('gets one mail in fifteen minutes at most, with everything in it', async () => {
    await fail();
    await after(30);
    await mailsAre(1);

    await fail();
    await fail();
    await after(QUIET - 60);
    expect(await alertsOf()).toHaveLength(6);
    expect((await alertsOf()).filter(({ told }) => told)).toHaveLength(2);
    const begin = (tx: Tx) => app.part(AlertsRepository).begin(tx, client.id, newId());
    expect(await app.part(Database).transaction(begin)).toBe(false);
    await after(QUIET + 60);

    expect(text((await mailsAre(2))[1])).toMatch(/^2 deliveries failed/m);
    expect((await alertsOf()).every(({ told }) => told)).toBe(true);
  });

  it('loses none that comes while a mail is on its way', async () => {
    await fail();
    const late: OutboundEvent = {
      ...{ clientId: client.id, type: 'provider.recovered', at: new Date(), hops: 0 },
      data: () => ({ providerId: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c13', name: 'Late', reason: null }),
    };
    await app.part(Database).transaction(async (tx) => {
      await app.part(Outbox).tell(tx, [late]);
      await after(30);
      await mailsAre(1);
    });
    expect((await alertsOf()).filter(({ told }) => !told)).toEqual([{ type: 'provider.recovered', told: false }]);

    await after(30 + QUIET + 60);

    expect(text((await mailsAre(2))[1])).toMatch(/^1 provider is well again \(Late\)/m);
  });

  it('is told once, whatever breaks amid it', async () => {
    await fail();
    await rows(
      app,
      `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`,
    );
    // The next refuses before the last ceases to: the house itself sweeps, too.
    const drop = (table?: string) => (table ? rows(app, `DROP TRIGGER refusing ON ${table}`) : []);
    let refusing: string | undefined;
    for (const table of ['work_items', 'notifications', 'alert_digests']) {
      await rows(app, `CREATE TRIGGER refusing BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse()`);
      await drop(refusing);
      refusing = table;
      await after(30);
      expect((await alertsOf()).some(({ told }) => told)).toBe(false);
    }
    await drop(refusing);

    await after(60);

    await mailsAre(1);
    expect(await digestsOf()).toHaveLength(1);
  });

  it('is not told that such a mail failed', async () => {
    mailbox.behave((recipient) => (recipient === ops ? { code: 554, text: '5.7.1 refused' } : undefined));
    await fail();
    await after(30);
    const [digest] = await digestsOf();
    await reached(client, digest?.id ?? '', 'failed');

    expect(await alertsOf()).toHaveLength(2);
    expect((await alertsOf()).every(({ told }) => told)).toBe(true);
  });

  it('is told of its own alone, beside one of the same names', async () => {
    const other = await aClient(app, { name: 'Shop' });
    const theirs = `ops@${other.slug}.example`;
    await prepare(other, theirs);
    const [ours, another] = [await fail(), await fail(other)];
    await after(30);

    const [[mail], [theirMail]] = [await mailsAre(1), await mailsAre(1, theirs)];

    expect([text(mail).includes(ours), text(mail).includes(another)]).toEqual([true, false]);
    expect([text(theirMail).includes(another), text(theirMail).includes(ours)]).toEqual([true, false]);
  });

  it('is told of nothing that arrives', async () => {
    await reached(client, await send(client, sms(ARRIVES)), 'completed');
    expect(await alertsOf()).toEqual([]);
  });
});

it('what a client without an address fails at is not kept, and every process hears when it has one', async () => {
  const wanting = () => [app, elsewhere].map((at) => at.part(AlertClients).mayWant(client.id));
  const become = async (alertEmail: string | null, wants: boolean) => {
    await client.master.patch('/clients/me', { settings: { alertEmail } });
    await eventually(() => wanting().every((one) => one === wants));
  };
  await become(null, false);
  await fail();
  expect(await alertsOf()).toEqual([]);

  await become(ops, true);
  await fail();
  expect(await alertsOf()).toHaveLength(2);

  await become(null, false);
  const nobody = () => app.part(AlertClients).mayWant('0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c19');
  expect(nobody()).toBe(true); // not known yet
  await eventually(() => !nobody());
});

it('alerts wait for a provider of mail', async () => {
  const other = await aClient(app);
  const theirs = `ops@${other.slug}.example`;
  await other.master.patch('/clients/me', { settings: { alertEmail: theirs } });
  await aProvider(other, 'simulator', { channel: 'sms' });
  await fail(other);
  await after(30);
  expect((await alertsOf(other)).map(({ told }) => told)).toEqual([false, false]);

  await anSmtpProvider(other, mailbox);
  await eventually(async () => {
    await after(60);
    return mails(theirs).length === 1;
  });
});

it('a breaker that opens is an alert with what the provider said', async () => {
  const provider = await aProvider(client, 'http', { channel: 'sms', url: 'http://127.0.0.1:1/', body: {} });
  const [{ id } = { id: '' }] = (await client.master.get('/providers')).body.data.filter(
    ({ kind }: { kind: string }) => kind === 'simulator',
  );
  await client.master.patch(`/providers/${id}`, { enabled: false });
  for (let n = 0; n < 6; n++) await send(client, sms(ARRIVES));
  await eventually(async () => (await alertsOf()).some(({ type }) => type === 'provider.degraded'));
  await after(30);

  const [mail] = await mailsAre(1);
  expect(text(mail)).toMatch(/^1 provider is at fault \(http: .+\), .*\[provider\.degraded\]$/m);
  expect(text(mail)).toContain(provider);
});

it('what is old is removed, told or not', async () => {
  await fail();
  await rows(
    app,
    `UPDATE alerts SET id = ('01000000-0000-7000-8000-' || substr(id::text, 25))::uuid WHERE client_id = $1`,
    [client.id],
  );
  await app.part(AlertsSweep).clean();

  expect(await alertsOf()).toEqual([]);
});

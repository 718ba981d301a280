import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { providerFault, sent } from '../../src/extension/index.js';
import { ProviderBreakers } from '../../src/modules/providers/provider-breakers.js';
import { ProviderQuotas } from '../../src/modules/providers/provider-quotas.js';
import { PROVIDER_OUTBOUND } from '../../src/modules/providers/providers.events.js';
import { OutboundCatalogue, type OutboundEventName } from '../../src/platform/outbox/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { aProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { OutboxEar } from '../support/outbox-ear.js';
import { rows } from '../support/rows.js';
import { statementsOf } from '../support/statements.js';

let app: TestApp;
let elsewhere: TestApp;
let ear: OutboxEar;
let client: TestClient;
let providerId: string;

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
  ear = await OutboxEar.at(app, elsewhere);
}, 60_000);

afterAll(() => app.close());
afterEach(() => {
  ear.refuses = false;
});

beforeEach(async () => {
  client = await aClient(app);
  ear.hear(client.id);
  providerId = await aProvider(client, 'simulator', { channel: 'email' }, { name: 'Mail' });
});

const both = () => [app, elsewhere];
const types = async () => (await ear.heard(client.id)).map(({ type }) => type);
const name = () => ({ clientId: client.id, providerId });
const report = (at: TestApp, isProbe: boolean, outcome = providerFault('421 ann@example.com is gone')) =>
  at.part(ProviderBreakers).report(name(), null, { outcome, durationMs: 1, isProbe });
const faults = (count: number) =>
  Promise.all(both().flatMap((at) => Array.from({ length: count }, () => report(at, false))));

describe('a provider that is at fault', () => {
  it('is told once when its breaker opens, however many say so at both processes', async () => {
    await faults(10);
    await faults(10);

    const told = await ear.heard(client.id);
    expect(told.map(({ type }) => type)).toEqual(['provider.degraded']);
    expect(told[0]?.data).toEqual({
      ...{ providerId, kind: 'simulator', name: 'Mail', channels: ['email'], state: 'open' },
      ...{ reason: '421 ••• is gone', at: told[0]?.at.toISOString() },
    });
  });

  it('is not told again when a probe fails, and is told once when it is well again', async () => {
    await faults(10);
    for (const at of both()) await report(at, true);
    const failing = await types();
    await Promise.all(both().map((at) => report(at, true, sent('id'))));
    await faults(10);

    expect(failing).toEqual(['provider.degraded']);
    expect(await types()).toEqual(['provider.degraded', 'provider.recovered', 'provider.degraded']);
    expect((await ear.heard(client.id, 'provider.recovered'))[0]?.data).toMatchObject({
      state: 'closed',
      reason: null,
    });
  });

  it('opens nothing that cannot be told', async () => {
    ear.refuses = true;
    await faults(10);
    const state = async () => (await client.master.get(`/providers/${providerId}/health`)).body.breaker.state;
    expect(await state()).toBe('closed');
    ear.refuses = false;

    await faults(10);

    expect(await state()).toBe('open');
    expect(await types()).toEqual(['provider.degraded']);
  });
});

describe('the limits of a provider', () => {
  const take = (count: number, limits: object) =>
    Promise.all(
      both().flatMap((at) => Array.from({ length: count / 2 }, () => at.part(ProviderQuotas).take(name(), limits))),
    );

  it('are told of once when they are nearly spent and when they are, whoever takes at once', async () => {
    const limits = { perHour: 20, perDay: 1_000 };
    await take(14, limits);
    const before = await types();
    await take(2, limits);
    const warned = await types();
    await take(40, limits);

    expect([before, warned]).toEqual([[], ['quota.warning']]);
    expect(await types()).toEqual(['quota.warning', 'quota.exceeded']);
    const [{ data } = { data: null }] = await ear.heard(client.id, 'quota.exceeded');
    expect(data).toEqual({
      ...{ scope: 'provider', providerId, name: 'Mail', limit: 20, used: 20, window: 'hour' },
      resetsAt: expect.stringMatching(/:00:00\.000Z$/),
    });
  });

  it('are told of again in the next window', async () => {
    await take(10, { perHour: 10 });
    await rows(app, `UPDATE provider_usage SET began_at = began_at - interval '1 hour' WHERE provider_id = $1`, [
      providerId,
    ]);
    await take(8, { perHour: 10 });

    expect(await types()).toEqual(['quota.warning', 'quota.exceeded', 'quota.warning']);
  });
});

it('a client that wants nothing has nothing read for it', async () => {
  const other = await aClient(app);
  const theirs = await aProvider(other, 'simulator', { channel: 'email' });
  await ear.isAlone(other.id, Object.keys(PROVIDER_OUTBOUND) as OutboundEventName[]);
  const asked = await statementsOf(async () => {
    const provider = { clientId: other.id, providerId: theirs };
    for (let n = 0; n < 6; n++)
      await app
        .part(ProviderBreakers)
        .report(provider, null, { outcome: providerFault('no'), durationMs: 1, isProbe: false });
    await app.part(ProviderQuotas).take(provider, { perHour: 1 });
  });

  expect((await other.master.get(`/providers/${theirs}/health`)).body.breaker.state).toBe('open');
  expect(asked.filter((text) => text.includes('"toldAt"'))).toEqual([]);
  expect(await ear.heard(other.id)).toEqual([]);
});

it('each type stands in the catalogue', () => {
  const known = app
    .part(OutboundCatalogue)
    .all()
    .map(({ type }) => type);
  expect(known).toEqual(expect.arrayContaining(Object.keys(PROVIDER_OUTBOUND)));
});

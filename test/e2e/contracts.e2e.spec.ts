import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aClient } from '../builders/clients.js';
import { SOCKET_COMMANDS } from '../contracts/kit/commands.js';
import { aHouse } from '../contracts/kit/house.js';
import { type Transport, TRANSPORTS } from '../contracts/kit/lines.js';
import { whyNotOver } from '../contracts/kit/play.js';
import { runAll, type Verdict } from '../contracts/kit/run.js';
import { type Scenario, scenariosIn } from '../contracts/kit/scenario.js';
import { anApp, type TestApp } from '../support/app.js';
import { aRoundRobin, type RoundRobin } from '../support/round-robin.js';
import { commandsOf } from '../support/routes.js';

jest.setTimeout(120_000);

const AT_ONCE = 8;
const TOPOLOGIES = ['one node', 'two nodes behind a proxy'] as const;
const SCENARIOS = scenariosIn();

let app: TestApp;
let proxy: RoundRobin;
let verdicts: ReadonlyMap<string, Promise<Verdict>>;

beforeAll(async () => {
  app = await anApp();
  proxy = await aRoundRobin([app, await app.another()]);
  const limits = { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 };
  const { masterKey } = await aClient(app, { settings: { limits } });
  const jobs = TOPOLOGIES.flatMap((topology, at) => {
    const house = aHouse({ url: [app.url, proxy.url][at]!, masterKey, prefix: `run-${at}`, patienceMs: 20_000 });
    return TRANSPORTS.flatMap((transport) => SCENARIOS.map((scenario) => ({ scenario, transport, house, topology })));
  });
  // The one that waits for a grace to end, first.
  jobs.sort((a, b) => Number(b.scenario.name === 'presence-grace') - Number(a.scenario.name === 'presence-grace'));
  verdicts = new Map(
    [...runAll(jobs, AT_ONCE)].map(([{ topology, transport, scenario }, verdict]) => [
      `${topology}/${transport}/${scenario.name}`,
      verdict,
    ]),
  );
}, 60_000);

afterAll(async () => {
  await proxy.close();
  await app.close();
});

const isPlayed = (transport: Transport) => (scenario: Scenario) => whyNotOver(transport, scenario) === null;

describe.each(TOPOLOGIES)('%s', (topology) => {
  describe.each(TRANSPORTS)('over %s', (transport) => {
    it.each(SCENARIOS.filter(isPlayed(transport)))('$title', async ({ name }) => {
      const verdict = await verdicts.get(`${topology}/${transport}/${name}`);
      expect(verdict?.kind === 'broken' ? verdict.why : verdict?.kind).toBe('held');
    });
  });
});

it('the proxy gave each node its half of the requests and of the sockets', async () => {
  await Promise.all(verdicts.values());
  const [one, other] = proxy.shares;
  expect(one!.sockets).toBeGreaterThan(50);
  expect(one!.requests).toBeGreaterThan(1_000);
  for (const kind of ['sockets', 'requests'] as const) expect(Math.abs(one![kind] - other![kind])).toBeLessThan(2);
});

it('every command of sockets but those on notifications and the ping is in the vocabulary', () => {
  const names = commandsOf(app).map(({ name }) => name);
  const messaging = names.filter((name) => name !== 'ping' && !name.startsWith('notification.'));
  expect(messaging.sort()).toEqual([...SOCKET_COMMANDS].sort());
});

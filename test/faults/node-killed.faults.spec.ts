import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { usedKeys } from '../../bench/many-keys.js';
import { Crowd } from '../../bench/soak/crowd.js';
import { feedsOf, groupsOf, peopleOf, roomsOf, storedIn } from '../../bench/soak/place.js';
import { aClient, aRoom, WITHOUT_LIMITS } from '../builders/clients.js';
import { anEnvironment } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Opened } from '../support/opened.js';
import { aProcess, type TestProcess } from '../support/processes.js';

const USERS = 100;
const MEMBERS = 10;
const LIMITS = { ...WITHOUT_LIMITS, connectionsPerUser: 100 };

let environment: NodeJS.ProcessEnv & { DATABASE_URL: string };
let processes: [TestProcess, TestProcess];
const opened = new Opened();

const aNode = () => aProcess({ ...environment, ROLE: 'api' });

beforeAll(async () => {
  const settings = await anEnvironment();
  environment = { ...settings, DATABASE_URL: settings.DATABASE_URL ?? '' };
  processes = [await aNode(), await aNode()];
}, 90_000);

afterAll(async () => {
  await opened.closeAll();
  await Promise.all(processes.map((one) => one.kill()));
});

it('a crowd with connections cut and one of two nodes killed loses nothing, hears nothing twice, and has one order', async () => {
  const [{ operator, api }] = processes;
  const client = await aClient({ operator, api: (key = '') => api(key) }, { settings: { limits: LIMITS } });
  const keys = await usedKeys(USERS, { environment, clientId: client.id });
  const users = keys.map((_key, n) => `user-${n}`);
  const rooms = await roomsOf(groupsOf(users, MEMBERS), (members) => aRoom(client, { type: 'group', members }));
  const nodes = processes.map(({ url }) => url);
  const crowd = await opened.keep(Crowd.open(peopleOf(keys, rooms), nodes, USERS));
  const goesOn = (more: number) => {
    const goal = crowd.tally.acknowledged.length + more;
    return eventually(() => crowd.tally.acknowledged.length >= goal, { withinMs: 30_000 });
  };

  crowd.talk(500);
  await goesOn(USERS);
  crowd.cut(0.2);
  await goesOn(USERS);
  const onIt = crowd.willLose(processes[1].url);
  await processes[1].kill();
  await goesOn(USERS);
  processes[1] = await aNode();
  nodes[1] = processes[1].url;
  crowd.cut(0.2);
  await goesOn(USERS);
  await crowd.haveRecovered(onIt);
  await crowd.settle();

  const feeds = await feedsOf(client.master, [...rooms.keys()]);
  const verdict = crowd.judge(await storedIn(environment.DATABASE_URL), feeds);
  expect(verdict).toEqual({ lost: [], doubled: [], disordered: [] });
  expect(onIt).toBeGreaterThan(USERS / 4);
  expect(crowd.tally.recoveredMs).toHaveLength(onIt);
  expect(crowd.tally.acknowledged.length).toBeGreaterThan(4 * USERS);
}, 180_000);

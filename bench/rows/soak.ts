import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '../actor.js';
import type { Bench } from '../bench.js';
import { median } from '../figures.js';
import type { SoakLoadActor } from '../load/soak-load.js';
import { usedKeys } from '../many-keys.js';
import type { Figure, Row } from '../row.js';
import { aClient, aRoom, type BenchClient, type ServiceProcess } from '../service.js';
import { feedsOf, groupsOf, peopleOf, roomsOf, storedIn } from '../soak/place.js';
import type { Verdict } from '../soak/verdict.js';

const USERS = 2_000;
const MEMBERS = 20;
const HANDSHAKES_PER_SECOND = 250;
const SECONDS = 40;
const QUICK_SECONDS = 15;
/** A node stays away so long after its SIGKILL. */
const AWAY_MS = 5_000;
const PACE = { talkEveryMs: 6_000, cutEveryMs: 3_000, cutShare: 0.05 };
const EXAMPLES = 5;

type Environment = Awaited<ReturnType<Bench['environment']>>;
type Ended = Awaited<ReturnType<SoakLoadActor['end']>> & { readonly seconds: number };

interface Scene {
  readonly environment: Environment;
  readonly client: BenchClient;
  /** The node that is killed. */
  readonly victim: ServiceProcess;
  readonly crowd: Actor<SoakLoadActor>;
  readonly roomIds: readonly string[];
}

/** Many who talk while their connections are cut and one of two nodes is killed: nothing lost, nothing twice, one order. */
export const soak: Row = {
  name: 'soak',
  async run(bench) {
    const scene = await setUp(bench);
    const ended = await play(bench, scene, Math.max(QUICK_SECONDS, SECONDS * bench.effort.share));
    const stored = await storedIn(scene.environment.DATABASE_URL);
    const feeds = await feedsOf(scene.client.master, scene.roomIds);
    const verdict = await scene.crowd.call('judge', { stored, feeds });
    failFor(verdict);
    return figuresOf(verdict, ended);
  },
};

async function setUp(bench: Bench): Promise<Scene> {
  const environment = await bench.environment();
  const nodes = [await bench.service('api', environment), await bench.service('api', environment)] as const;
  const [stays, victim] = nodes;
  const client = await aClient(stays);
  const keys = await usedKeys(USERS, { environment, clientId: client.id });
  const users = keys.map((_key, n) => `user-${n}`);
  const rooms = await roomsOf(groupsOf(users, MEMBERS), (members) => aRoom(client, members));
  const crowd = bench.actor<SoakLoadActor>('load/soak-load');
  await crowd.call('open', {
    people: peopleOf(keys, rooms),
    nodes: nodes.map(({ url }) => url),
    perSecond: HANDSHAKES_PER_SECOND,
  });
  return { environment, client, victim, crowd, roomIds: [...rooms.keys()] };
}

/** Two fifths undisturbed but for the cuts, then the kill, and the rest; longer when not all are back by then. */
async function play(bench: Bench, { environment, victim, crowd }: Scene, seconds: number): Promise<Ended> {
  const begun = performance.now();
  await crowd.call('begin', PACE);
  await pause(seconds * 400);
  const onIt = await crowd.call('willLose', victim.url);
  await victim.kill();
  await pause(AWAY_MS);
  await bench.service('api', { ...environment, PORT: new URL(victim.url).port });
  await crowd.call('haveRecovered', onIt);
  await pause(Math.max(0, begun + seconds * 1_000 - performance.now()));
  const lasted = (performance.now() - begun) / 1_000;
  return { ...(await crowd.call('end')), seconds: lasted };
}

function failFor(verdict: Verdict): void {
  const { lost, doubled, disordered } = verdict;
  const examples = Object.entries({ lost, doubled, disordered }).flatMap(([kind, faults]) => [
    `${faults.length} ${kind}`,
    ...faults.slice(0, EXAMPLES).map((fault) => `  ${fault}`),
  ]);
  if (lost.length + doubled.length + disordered.length > 0) throw new Error(examples.join('\n'));
}

function figuresOf({ lost, doubled, disordered }: Verdict, { untold, tally, seconds }: Ended): Figure[] {
  const none = { unit: 'faults', budget: { under: 1 } } as const;
  const told = { budget: 'none' } as const;
  const { acknowledged, recoveredMs, connections, failed, sentAgain, alreadyThere, byPush, bySync } = tally;
  return [
    { what: 'acknowledged messages lost, by the database, a feed or a member', service: lost.length, ...none },
    { what: 'twice after (room, offset), or stored twice', service: doubled.length, ...none },
    { what: 'out of order, or another order than others have', service: disordered.length, ...none },
    {
      what: 'back and caught up after the kill, half of them',
      unit: 's',
      service: median(recoveredMs) / 1_000,
      ...told,
    },
    {
      what: 'back and caught up after the kill, the last of them',
      unit: 's',
      service: Math.max(...recoveredMs) / 1_000,
      note: `${recoveredMs.length} were on the node; who is cut off waits up to 0.5 s, and longer after each try that fails`,
      ...told,
    },
    {
      what: 'messages acknowledged',
      unit: 'messages',
      service: acknowledged.length,
      note: `in ${seconds.toFixed()} s; ${sentAgain} sends were repeated, ${alreadyThere} of which had been stored before`,
      ...told,
    },
    {
      what: 'events that members had not had',
      unit: 'events',
      service: byPush + bySync,
      note: `${byPush} by push, ${bySync} by sync, and ${untold} that only asking once more at the end brought`,
      ...told,
    },
    {
      what: 'reconnects',
      unit: 'connections',
      service: connections - USERS,
      note: `${failed} tries failed`,
      ...told,
    },
  ];
}

import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Attack, Tally } from './attack.js';
import { dial, head } from './raw.js';

const EACH = 200;
const DRIP_MS = 1_000;
/** Who has not said what it wants within ten seconds, or all of it within thirty, is let go: looked at every five. */
const HEAD_WITHIN_MS = 16_000;
const BODY_WITHIN_MS = 36_000;
const READ_WITHIN_MS = 70_000;

interface Way {
  readonly name: string;
  readonly start: string;
  /** Sent every second. */
  readonly drop?: string;
  readonly withinMs: number;
  readonly readsNothing?: true;
}

const LENGTH = { 'Content-Type': 'application/json', 'Content-Length': 100_000 };

const waysFor = (key: string): readonly Way[] => [
  { name: 'nothing at all', start: '', withinMs: HEAD_WITHIN_MS },
  {
    name: 'half a head',
    start: 'POST /api/v1/messages HTTP/1.1\r\nHost: attack\r\n',
    drop: 'X-A: b\r\n',
    withinMs: HEAD_WITHIN_MS,
  },
  { name: 'half a first line', start: 'GET /', drop: 'a', withinMs: HEAD_WITHIN_MS },
  { name: 'half a body', start: `${head('POST /api/v1/messages', LENGTH)}{"a":"`, drop: 'x', withinMs: BODY_WITHIN_MS },
  {
    name: 'half a body, with a key',
    start: `${head('POST /api/v1/notifications/send', { ...LENGTH, Authorization: `Bearer ${key}` })}{"a":"`,
    drop: 'x',
    withinMs: BODY_WITHIN_MS,
  },
  {
    name: 'half a chunk',
    start: head('POST /api/v1/messages', { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }),
    drop: '1\r\n{\r\n',
    withinMs: BODY_WITHIN_MS,
  },
  {
    name: 'an answer that is not read',
    start: head('GET /api/v1/openapi.json', {}).repeat(20),
    withinMs: READ_WITHIN_MS,
    readsNothing: true,
  },
];

/** Many who hold a connection each, and say what they want as slowly as they can, or do not listen to the answer. */
export const slowloris: Attack = {
  name: 'slowloris',
  probeMs: 250,
  async run({ port, one }) {
    const tally = new Tally();
    const faults: string[] = [];
    const ways = waysFor(one.client.masterKey);
    await Promise.all(
      ways.map(async (way) => {
        const lives = await Promise.all(Array.from({ length: EACH }, () => lifeOf(port, way)));
        const longest = Math.max(...lives);
        const late = lives.filter((ms) => ms > way.withinMs).length;
        tally.add(`${way.name}: let go after ${Math.round(longest / 1_000)} s`, lives.length);
        if (late > 0)
          faults.push(`${late} of ${EACH} with ${way.name} were not let go within ${way.withinMs / 1_000} s`);
      }),
    );
    const sent = `${(EACH * ways.length).toLocaleString('en')} connections at once, a byte or a header a second each, until they are let go`;
    return { sent, came: tally.toString(), faults };
  },
};

/** How long the server bears with it. */
async function lifeOf(port: number, { start, drop, withinMs, readsNothing }: Way): Promise<number> {
  const socket = dial(port);
  const began = performance.now();
  socket.write(start);
  if (readsNothing) socket.pause();
  else socket.resume();
  const over = () => socket.destroyed || socket.readableEnded;
  while (!over() && performance.now() - began <= withinMs + DRIP_MS) {
    await pause(DRIP_MS);
    if (drop !== undefined && !over()) socket.write(drop);
    if (readsNothing && isClosedByPeer(socket)) break;
  }
  socket.destroy();
  return performance.now() - began;
}

/** Who does not read does not see an end: a write tells. The space after a request is none of it. */
function isClosedByPeer(socket: Socket): boolean {
  socket.write('\r\n');
  return socket.destroyed;
}

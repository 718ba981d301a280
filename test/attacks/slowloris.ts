import { setTimeout as pause } from 'node:timers/promises';
import { type Attack, Tally } from './attack.js';
import { dial, head } from './raw.js';

const EACH = 200;
const DRIP_MS = 1_000;
/** Who has not said what it wants within ten seconds, or all of it within thirty, is let go: looked at every five. */
const HEAD_WITHIN_MS = 16_000;
const BODY_WITHIN_MS = 38_000;
/** A minute in which nothing moves, counted from when both ends' kernels are full; Node looks twice before it believes it. */
const READ_WITHIN_MS = 130_000;

interface Way {
  readonly name: string;
  readonly start: string;
  /** Sent every second. */
  readonly drop?: string;
  readonly withinMs: number;
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
];

/** Many who hold a connection each, and say what they want as slowly as they can. */
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
async function lifeOf(port: number, { start, drop, withinMs }: Way): Promise<number> {
  const socket = dial(port);
  const began = performance.now();
  socket.write(start);
  socket.resume();
  const over = () => socket.destroyed || socket.readableEnded;
  while (!over() && performance.now() - began <= withinMs + DRIP_MS) {
    await pause(DRIP_MS);
    if (drop !== undefined && !over()) socket.write(drop);
  }
  socket.destroy();
  return performance.now() - began;
}

/** More than both ends' kernels keep. */
const DOCUMENTS = 60;

/** Many who ask for more than fits on the way, in one go, and read none of it. */
export const slowreaders: Attack = {
  name: 'slowreaders',
  probeMs: 2_500,
  async run({ port }) {
    const asked = head('GET /api/v1/openapi.json', {}).repeat(DOCUMENTS);
    const sockets = Array.from({ length: EACH }, () => dial(port));
    for (const socket of sockets) socket.pause().write(asked);
    // What is written would count as a sign of life.
    await pause(READ_WITHIN_MS);
    const tally = new Tally();
    for (let tries = 0; tries < 3; tries++) {
      for (const socket of sockets) if (!socket.destroyed) socket.write('\r\n');
      await pause(DRIP_MS);
    }
    const left = sockets.filter((socket) => !socket.destroyed).length;
    tally.add(`let go within ${READ_WITHIN_MS / 1_000} s`, EACH - left);
    for (const socket of sockets) socket.destroy();
    const faults = left > 0 ? [`${left} of ${EACH} were not let go within ${READ_WITHIN_MS / 1_000} s`] : [];
    return {
      sent: `${EACH} connections that ask for ${DOCUMENTS} documents of 850 KB each and read nothing`,
      came: tally.toString(),
      faults,
    };
  },
};

import { once } from 'node:events';
import fc from 'fast-check';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { aClient } from '../builders/clients.js';
import { USERS } from '../builders/places.js';
import { aScopedKey } from '../builders/twins.js';
import { inputsOf } from '../support/calls.js';
import { commandHandlers } from '../support/handlers.js';
import { type Attack, Tally } from './attack.js';
import { upgrade, RAW } from './connects.js';
import { atOnce } from './fuzz/fuzz.js';
import { hostileText, hostileValue } from './fuzz/hostile.js';
import { innardsIn } from './fuzz/judge.js';
import { dial } from './raw.js';
import type { Target } from './target.js';

const HANG_MS = 10_000;
const FLOODERS = 50;
const FLOOD = 3_000;
const BROKEN_TIMES = 20;

/** A frame of a client, masked with zeros; https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function frame(first: number, payload: Buffer, { masked = true, length = payload.length } = {}): Buffer {
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = (masked ? 0x80 : 0) | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), payload]);
}

const text = (content: string): Buffer => frame(0x81, Buffer.from(content));
const short = (first: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);

/** What is no WebSocket, no frame of ours, or too much of one. */
const BROKEN: readonly Buffer[] = [
  ...[0x83, 0x8b, 0xc1, 0xf1, 0x80].map((first) => short(first, Buffer.from('{}'))),
  ...[frame(0x81, Buffer.from('{}'), { masked: false }), frame(0x81, Buffer.from('{}'), { length: 2 ** 52 })],
  ...[
    short(0x09, Buffer.from('x')),
    frame(0x89, Buffer.alloc(200)),
    text('{}').subarray(0, 5),
    Buffer.alloc(5_000, 0xff),
  ],
  ...[short(0x81, Buffer.from([0xc3, 0x28])), short(0x88, Buffer.from([3])), short(0x88, Buffer.from([3, 0xe7]))],
  ...[
    text(''),
    text('{'),
    text('[]'),
    text('null'),
    frame(0x82, Buffer.from('{}')),
    text('{"cmd":{}}'),
    text('{"id":-1,"cmd":"ping"}'),
  ],
  ...[text('['.repeat(60_000)), text(`{"id":1,"cmd":"ping","data":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`)],
  ...[
    text(`{"id":1,"cmd":"ping","x":"${'x'.repeat(2 ** 20)}"}`),
    text('x'.repeat(3 * 2 ** 20)),
    Buffer.concat(Array(5_000).fill(short(0x89, Buffer.alloc(0)))),
  ],
  ...[Buffer.concat([short(0x01, Buffer.from('{')), ...Array<Buffer>(20_000).fill(short(0x00, Buffer.from(' ')))])],
];

/** Both kinds of sockets: broken frames, a megabyte, deep JSON, hostile values in every command, and more commands than allowed. */
export const sockets: Attack = {
  name: 'sockets',
  probeMs: 1_000,
  async run(target, { seed, runs }) {
    const tally = new Tally();
    const faults: string[] = [];
    const key = await aScopedKey(target.one.client, { userId: USERS.owner });
    const broken = Array.from({ length: BROKEN_TIMES }, () => BROKEN).flat();
    await atOnce(broken, 10, async (bytes) => {
      const end = await broke(target.port, key, bytes);
      tally.add(`broken frames: ${end}`);
    });
    const sent = await hostileCommands(target, key, { seed, runs, tally, faults });
    // Held to the limits that everybody has: they are what is tried here.
    const { operator, api } = target.house.api;
    const { masterKey } = await aClient({ operator, api: (own = '') => api(own) }, { name: 'The flooder' });
    await Promise.all(Array.from({ length: FLOODERS }, () => flood(target.url, masterKey, tally)));
    const what = `${broken.length} broken frames, ${sent.toLocaleString('en')} commands on both transports, seed ${seed}; ${FLOODERS} floods of ${FLOOD} commands`;
    return { sent: what, came: tally.toString(), faults };
  },
};

/** Whether the server lets go of it, or goes on: both are right, as long as it answers others. */
async function broke(port: number, key: string, bytes: Buffer): Promise<string> {
  const socket = dial(port);
  socket.write(upgrade(RAW, key));
  // A reset is an end, too.
  const closed = once(socket, 'close').then(
    () => 'closed',
    () => 'closed',
  );
  await Promise.race([once(socket, 'data').catch(() => undefined), closed]);
  socket.resume();
  socket.write(bytes);
  const end = await Promise.race([closed, new Promise<string>((resolve) => setTimeout(resolve, 3_000, 'left open'))]);
  socket.destroy();
  return end;
}

type Ask = (cmd: string, data: unknown) => Promise<string>;

async function hostileCommands(
  target: Target,
  key: string,
  { seed, runs, tally, faults }: { seed: number; runs: number; tally: Tally; faults: string[] },
): Promise<number> {
  const lines = { raw: await rawLine(target.url, key), 'socket.io': await socketIoLine(target.url, key) };
  let sent = 0;
  for (const command of commandHandlers) {
    const [good = {}] = await inputsOf(command, target.one.place);
    const shot = fc.record({ at: fc.nat(20), name: fc.option(hostileText), value: hostileValue, whole: fc.boolean() });
    for (const { at, name, value, whole } of fc.sample(shot, { numRuns: runs, seed })) {
      const fields = Object.keys(good);
      const data =
        whole && at % 4 === 0 ? value : { ...good, [name ?? fields[at % Math.max(1, fields.length)] ?? 'x']: value };
      for (const [transport, line] of Object.entries(lines)) {
        sent++;
        const answer = await (await line()).ask(command.name, data);
        const code = /"code":"(\w+)"/.exec(answer)?.[1] ?? (answer.startsWith('{"ok"') ? 'ok' : answer.slice(0, 30));
        tally.add(`${transport} ${code}`);
        const said = JSON.stringify(data) ?? '';
        const traces = target.other.tracesIn(answer).filter((trace) => !said.includes(trace));
        if (code === 'internal' || code === 'hang' || innardsIn(answer, said) !== undefined || traces.length > 0)
          faults.push(`${command.name} over ${transport}, ${said.slice(0, 300)}: ${answer.slice(0, 300)}`);
      }
    }
  }
  for (const line of Object.values(lines)) (await line()).close();
  return sent;
}

interface Line {
  readonly ask: Ask;
  readonly close: () => void;
}

const orHang = (answer: Promise<string>): Promise<string> =>
  Promise.race([answer, new Promise<string>((resolve) => setTimeout(resolve, HANG_MS, 'hang'))]);

/** Asks on a socket that is opened again when it was closed for what it said. */
async function rawLine(url: string, key: string): Promise<() => Promise<Line>> {
  let ws: WebSocket | undefined;
  let id = 0;
  return async () => {
    if (ws?.readyState !== WebSocket.OPEN) {
      ws = new WebSocket(`${url.replace('http', 'ws')}${RAW}`, { headers: { Authorization: `Bearer ${key}` } });
      await once(ws, 'open');
      ws.on('error', () => undefined);
    }
    const open = ws;
    const ask: Ask = (cmd, data) =>
      orHang(
        new Promise((resolve) => {
          const mine = ++id;
          open.on('message', (bytes: Buffer) => {
            const answer = JSON.parse(bytes.toString()) as { id?: number };
            if (answer.id === mine) resolve(JSON.stringify({ ...answer, id: undefined }));
          });
          open.once('close', (code: number) => resolve(`closed ${code}`));
          open.send(JSON.stringify({ id: mine, cmd, data }));
        }),
      ).finally(() => open.removeAllListeners('message').removeAllListeners('close'));
    return { ask, close: () => open.terminate() };
  };
}

async function socketIoLine(url: string, key: string): Promise<() => Promise<Line>> {
  const connect = () =>
    io(url, {
      path: '/sockets',
      transports: ['websocket'],
      auth: { apiKey: key },
      reconnection: false,
      forceNew: true,
    });
  let socket = connect();
  return async () => {
    if (socket.disconnected && !socket.active) socket = connect();
    if (!socket.connected) await new Promise<void>((resolve) => socket.once('connect', resolve));
    const open = socket;
    const ask: Ask = (cmd, data) =>
      orHang(
        new Promise((resolve) => {
          open.once('disconnect', (reason) => resolve(`closed ${reason}`));
          open.emit(cmd, data, (answer: unknown) => resolve(JSON.stringify(answer)));
        }),
      ).finally(() => open.off('disconnect'));
    return { ask, close: () => void open.disconnect() };
  };
}

/** More at once than anybody may: refused, and closed when it does not stop. */
async function flood(url: string, key: string, tally: Tally): Promise<void> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}${RAW}`, {
    headers: { Authorization: `Bearer ${key}` },
  });
  ws.on('error', () => undefined);
  await once(ws, 'open');
  const closed = once(ws, 'close').then(([code]) => `closed with ${code as number}`);
  for (let n = 0; n < FLOOD; n++) ws.send(`{"id":${n},"cmd":"sync","data":{"rooms":[]}}`);
  const answered = new Promise<string>((resolve) =>
    ws.on('message', (bytes: Buffer) => bytes.includes(`"id":${FLOOD - 1},`) && resolve('answered')),
  );
  tally.add(`floods: ${await Promise.race([closed, orHang(answered)])}`);
  ws.terminate();
}

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Attack, Tally } from './attack.js';
import { dial, head } from './raw.js';

const PER_SECOND = 2_000;
const TICK_MS = 10;
const HANG_MS = 10_000;

export const upgrade = (path: string, key?: string): string =>
  head(`GET ${path}`, {
    ...{ Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13 },
    ...{
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
    },
  });
export const RAW = '/api/v1/websocket/open';
const SOCKET_IO = '/sockets/?EIO=4&transport=websocket';

/** What is done with each connection in turn: half of them are closed or reset before anything is answered. */
const WAYS: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.write(head('GET /api/v1/utils/live', { Connection: 'close' })),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.write(upgrade(RAW)),
  (socket) => socket.end(),
  (socket) => socket.write(upgrade(RAW, `ck_master_${'x'.repeat(12)}_${'y'.repeat(43)}`)),
  (socket) => socket.write('GET / HTTP/1.1\r\nHo', () => socket.resetAndDestroy()),
  (socket) => socket.write(upgrade(SOCKET_IO)),
  (socket) => socket.write(upgrade(RAW), () => socket.resetAndDestroy()),
];

/** Two thousand new connections a second, HTTP and both kinds of sockets; the sockets that are let in hold on for a second. */
export const connects: Attack = {
  name: 'connects',
  probeMs: 500,
  async run({ port }, { seconds }) {
    const tally = new Tally();
    const began = performance.now();
    let opened = 0;
    let hung = 0;
    const open = (): void => {
      const way = WAYS[opened++ % WAYS.length]!;
      const socket = dial(port);
      let answer = '';
      const timer = setTimeout(() => {
        hung++;
        socket.destroy();
      }, HANG_MS);
      socket.on('data', (bytes: Buffer) => {
        if (answer === '' && /^HTTP\/1\.1 101/.test(bytes.toString('latin1')))
          setTimeout(() => socket.destroy(), 1_000);
        answer = answer || bytes.toString('latin1', 0, 12);
      });
      socket.once('connect', () => way(socket));
      socket.once('close', () => {
        clearTimeout(timer);
        tally.add(answer.slice(9) || 'closed by us');
      });
    };
    while (performance.now() - began < seconds * 1_000) {
      const due = ((performance.now() - began) / 1_000) * PER_SECOND;
      while (opened < due) open();
      await pause(TICK_MS);
    }
    const perSecond = opened / ((performance.now() - began) / 1_000);
    const patience = Date.now() + HANG_MS + 1_000;
    while (tally.total < opened && Date.now() < patience) await pause(100);
    const faults = [
      ...(hung > 0 ? [`${hung} connections were not answered within ${HANG_MS / 1_000} s`] : []),
      ...(perSecond < 0.95 * PER_SECOND ? [`only ${Math.round(perSecond)} a second were opened`] : []),
      ...tally.kinds.filter((kind) => /^5(?!03)/.test(kind)).map((kind) => `answered ${kind}`),
    ];
    const sent = `${opened.toLocaleString('en')} connections, ${Math.round(perSecond).toLocaleString('en')} a second`;
    return { sent, came: tally.toString(), faults };
  },
};

import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '../actor.js';
import { rateOf, type Rate } from '../figures.js';
import { LightSocket, type LightSocketOptions } from './light-socket.js';

export interface Sender {
  readonly key?: string;
  readonly roomId: string;
}

export interface Crowd {
  readonly url: string;
  /** One socket for each. */
  readonly members: readonly Sender[];
  readonly readyEvent?: string;
  /** Handshakes under way at once. */
  readonly atOnce: number;
}

const TRIES = 60;
const COME_BACK_MS = 500;

let sockets: { readonly light: LightSocket; readonly roomId: string }[] = [];

/** Opens the sockets of a crowd. @returns the seconds until all of them are in */
async function open({ url, members, readyEvent, atOnce }: Crowd): Promise<number> {
  const begun = performance.now();
  const waiting = [...members];
  const join = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const light = await connected({ url, key: next.key, readyEvent });
      sockets.push({ light, roomId: next.roomId });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, members.length) }, join));
  return (performance.now() - begun) / 1_000;
}

/** A client that is not let in comes back, as real ones do. */
async function connected(options: LightSocketOptions): Promise<LightSocket> {
  for (let tries = 1; ; tries++) {
    try {
      return await LightSocket.open(options);
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(COME_BACK_MS);
    }
  }
}

interface Sending {
  readonly content: string;
  /** How many of the sockets send; the others listen. */
  readonly senders: number;
  readonly inFlight: number;
  readonly seconds: number;
}

/** Each sender keeps so many messages under way. @returns the acknowledgements, and the events that all sockets heard meanwhile */
async function send({ content, senders, inFlight, seconds }: Sending): Promise<Rate & { eventsPerSecond: number }> {
  const latencies: number[] = [];
  const heardBefore = heard();
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  const repeat = async (light: LightSocket, roomId: string): Promise<void> => {
    for (let sentAt = begun; sentAt < until;) {
      sentAt = performance.now();
      const reply = await Promise.race([light.emit('message.send', { roomId, content }), light.ended]);
      if (reply.indexOf('"error"') === 2) throw new Error(reply.toString());
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(
    sockets
      .slice(0, senders)
      .flatMap(({ light, roomId }) => Array.from({ length: inFlight }, () => repeat(light, roomId))),
  );
  const elapsedMs = performance.now() - begun;
  return { ...rateOf(latencies, elapsedMs), eventsPerSecond: (heard() - heardBefore) / (elapsedMs / 1_000) };
}

const heard = (): number => sockets.reduce((sum, { light }) => sum + light.events, 0);

function close(): void {
  sockets.forEach(({ light }) => light.close());
  sockets = [];
}

export const socketLoad = { open, send, close };
export type SocketLoadActor = typeof socketLoad;
serve(socketLoad);

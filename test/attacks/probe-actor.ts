import { Agent, request } from 'node:http';
import { serve } from '../../bench/actor.js';

export interface ProbeWish {
  readonly url: string;
  readonly apiKey: string;
  readonly roomId: string;
}

/** Since it was last asked. */
interface Probed {
  readonly latencies: readonly number[];
  readonly faults: readonly string[];
}

const EVERY_MS = 50;
const HANG_MS = 10_000;

/** One request in two comes on a connection that is kept, the other on a new one, as a new caller's does. */
const kept = new Agent({ keepAlive: true });
let latencies: number[] = [];
let faults: string[] = [];
let sent = 0;

/** Measured from when it was to leave, so that a late one counts as late. */
function ask({ url, apiKey, roomId }: ProbeWish, n: number): void {
  const { hostname, port } = new URL(url);
  const isPost = n % 2 === 1;
  const began = performance.now();
  const body = JSON.stringify({ roomId, content: `Probe ${n}`, clientMessageId: `probe ${n}` });
  const end = (fault?: string): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    latencies.push(performance.now() - began);
    if (fault !== undefined) faults.push(`the probe's ${isPost ? 'POST' : 'GET'}: ${fault}`);
  };
  let ended = false;
  const asking = request(
    {
      ...{ host: hostname, port, agent: isPost ? false : kept, method: isPost ? 'POST' : 'GET' },
      path: isPost ? '/api/v1/messages' : `/api/v1/rooms/${roomId}`,
      headers: {
        Authorization: `Bearer ${apiKey}`,
        ...(isPost && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      },
    },
    (answer) => {
      answer.resume();
      answer.once('end', () =>
        end(answer.statusCode === (isPost ? 201 : 200) ? undefined : `answered ${answer.statusCode}`),
      );
      answer.once('error', (error) => end(error.message));
    },
  );
  const timer = setTimeout(() => {
    end(`no answer within ${HANG_MS / 1_000} s`);
    asking.destroy();
  }, HANG_MS);
  asking.once('error', (error) => end(error.message));
  asking.end(isPost ? body : undefined);
}

const handlers = {
  begin: (wish: ProbeWish): void => void setInterval(() => ask(wish, sent++), EVERY_MS),
  look: (): Probed => {
    const probed: Probed = { latencies, faults };
    latencies = [];
    faults = [];
    return probed;
  },
};
export type ProbeActor = typeof handlers;
serve(handlers);

import { tracingChannel } from 'node:diagnostics_channel';
import { afterAll, afterEach } from '@jest/globals';
import { overhear, takeLeaks } from './canaries.js';

/** As pino tells of each line that it makes: https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel */
interface Line {
  readonly instance: object;
  readonly result?: unknown;
}

const lines = tracingChannel<unknown, Line>('pino_asJson');
const isShown = process.env.TEST_LOG_LEVEL !== undefined;
const NOWHERE = { write: () => undefined };

/** Every line of this process, whatever its level, is looked through; on the terminal they would bury the tests. */
const watcher = {
  start: ({ instance }: Line) => {
    if (!isShown) hush(instance);
  },
  end: ({ result }: Line) => overhear('the log', String(result)),
  asyncStart: () => undefined,
  asyncEnd: () => undefined,
  error: () => undefined,
};

function hush(instance: object): void {
  let holder: object | null = instance;
  while (holder !== null) {
    const stream = Object.getOwnPropertySymbols(holder).find(({ description }) => description === 'pino.stream');
    if (stream) return void Object.assign(instance, { [stream]: NOWHERE });
    holder = Object.getPrototypeOf(holder) as object | null;
  }
}

/** Fails the test in which something was said that nobody may say, whatever the test is about. */
function failOnLeaks(): void {
  const leaks = takeLeaks();
  if (leaks.length > 0) throw new Error(`Not for a log, a fault report or a trace:\n${leaks.join('\n')}`);
}

lines.subscribe(watcher);
afterEach(failOnLeaks);
afterAll(failOnLeaks);
afterAll(() => {
  lines.unsubscribe(watcher);
});

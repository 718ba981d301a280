import { setTimeout as pause } from 'node:timers/promises';
import { readQuickstartSettings } from '../config/quickstart.js';
import { sentenceFor } from './fault.js';
import { refTo } from './processes.js';
import { Quickstart } from './quickstart.js';
import { Shutdown } from './shutdown.js';

/** Ctrl-C arrives twice within a moment: from the terminal, and passed on by npm. A later one means "now". */
const SAME_SIGNAL_MS = 1_000;
const PARENT_POLL_MS = 500;
/** How long a start that was told to stop may take to notice. What it spawned ends with this process in any case. */
const ABANDON_MS = 3_000;

const settings = readQuickstartSettings();
const shutdown = new Shutdown();
const npm = settings.startedByNpm ? refTo(process.ppid) : undefined;
const quickstart = new Quickstart(settings, shutdown, { say: (line) => console.log(line), fail });

// What breaks while it stops does not keep its servers from being stopped in order.
process.on('uncaughtException', (error) => (shutdown.begun ? console.error(error) : fail(error)));
stopOnSignals();
stopWithNpm();
const starting = quickstart.run(npm).catch((error: unknown) => {
  if (!shutdown.begun) fail(error);
});

function stopOnSignals(): void {
  let stopAskedAt: number | undefined;
  const onSignal = (): void => {
    if (stopAskedAt === undefined) void stop(0);
    else if (Date.now() - stopAskedAt > SAME_SIGNAL_MS) process.exit(1);
    stopAskedAt ??= Date.now();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

/** npm passes on the signals it gets; `kill -9` it cannot pass on, and nobody would be left to stop this. */
function stopWithNpm(): void {
  if (!npm) return;
  setInterval(() => {
    if (process.ppid !== npm.pid && !shutdown.begun) void stop(0);
  }, PARENT_POLL_MS).unref();
}

function fail(error: unknown): void {
  const sentence = sentenceFor(error);
  console.error(sentence ?? error);
  void stop(1);
}

async function stop(code: number): Promise<void> {
  await shutdown.run();
  await Promise.race([starting, pause(ABANDON_MS)]);
  await shutdown.run();
  process.exit(code);
}

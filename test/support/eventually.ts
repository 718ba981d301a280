import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits for a condition, never for a time: asks again until `probe` neither throws nor gives undefined or false.
 * @throws what the probe last said, when it did not hold within `withinMs`
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { withinMs = 15_000 }: { withinMs?: number } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const late = Date.now() > deadline;
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      if (late) throw new Error(`Still ${String(value)} after ${withinMs} ms: ${probe.toString()}`);
    } catch (error) {
      if (late) throw error;
    }
    await pause(POLL_MS);
  }
}

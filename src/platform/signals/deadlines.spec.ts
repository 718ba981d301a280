import { describe, expect, it } from '@jest/globals';
import { Deadlines } from './deadlines.js';

const nameOf = ({ reason }: AbortSignal): unknown => (reason as { name?: unknown } | undefined)?.name;
const ended = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(nameOf(signal)), { once: true }));

describe('a deadline', () => {
  it('comes when its time is up, and says so', async () => {
    await expect(ended(new Deadlines().after(5).signal)).resolves.toBe('TimeoutError');
  });

  it('does not come when it is over before', async () => {
    const deadlines = new Deadlines();
    const { signal, over } = deadlines.after(5);
    over();
    await ended(deadlines.after(20).signal);
    deadlines.cut();

    expect(signal.aborted).toBe(false);
  });

  it('is cut with all the others, and with those that are set later', () => {
    const deadlines = new Deadlines();
    const signals = [deadlines.after(60_000).signal, deadlines.after(60_000).signal];
    deadlines.cut();
    signals.push(deadlines.after(60_000).signal);

    expect(signals.map(nameOf)).toEqual(['AbortError', 'AbortError', 'AbortError']);
  });
});

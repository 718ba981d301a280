import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { anySignal } from './any-signal.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const never = new AbortController();

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason), { once: true }));
/** So that nothing holds it but its signal. */
const soon = (): AbortSignal => AbortSignal.timeout(200);

/** What a turn of the event loop holds is not garbage yet. */
async function afterGarbageIsCollected<T>(promise: Promise<T>): Promise<T> {
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return promise;
}

describe('anySignal', () => {
  it.each([
    ['', () => anySignal(soon(), never.signal)],
    [', through another', () => anySignal(anySignal(soon(), never.signal), AbortSignal.timeout(60_000))],
  ])('aborts when time is up, whatever was collected meanwhile%s', async (_how, make) => {
    await expect(afterGarbageIsCollected(aborted(make()))).resolves.toMatchObject({ name: 'TimeoutError' });
  });

  it('has aborted when time is up though nobody listened', async () => {
    const signal = anySignal(soon(), never.signal);
    await afterGarbageIsCollected(aborted(AbortSignal.timeout(300)));

    expect(signal.aborted).toBe(true);
  });

  it('aborts with what was asked for by hand, and is aborted from the start when one is', async () => {
    const cut = new AbortController();
    const end = aborted(anySignal(AbortSignal.timeout(60_000), cut.signal));
    cut.abort('enough');

    await expect(end).resolves.toBe('enough');
    expect(anySignal(never.signal, cut.signal).aborted).toBe(true);
  });
});

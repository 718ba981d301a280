import { expect, it } from '@jest/globals';
import { untilAborted } from './until-aborted.js';

const NEVER = new Promise<never>(() => undefined);

it('what comes before the signal is taken, a failure too', async () => {
  const { signal } = new AbortController();

  await expect(untilAborted(signal, Promise.resolve('here'))).resolves.toBe('here');
  await expect(untilAborted(signal, Promise.reject(new Error('broke')))).rejects.toThrow('broke');
});

it('what does not come is no longer waited for at the signal, nor at all after it', async () => {
  const stop = new AbortController();
  const waiting = untilAborted(stop.signal, NEVER);
  stop.abort(new Error('too late'));

  await expect(waiting).rejects.toThrow('too late');
  await expect(untilAborted(stop.signal, NEVER)).rejects.toThrow('too late');
});

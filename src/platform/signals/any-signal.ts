/** What each signal follows, for as long as there is somebody who holds it or listens to it. */
const followed = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * Aborts with the first of these, for the same reason. `AbortSignal.any` holds what it follows weakly: a deadline that nobody
 * else holds, as of `AbortSignal.timeout`, is gone with the next garbage collection and never comes
 * (https://github.com/nodejs/node/issues/57736). For signals that end with what follows them: what others live on, {@link Deadlines} are for.
 */
export function anySignal(...signals: AbortSignal[]): AbortSignal {
  // eslint-disable-next-line no-restricted-properties -- this is what mends it
  const any = AbortSignal.any(signals);
  followed.set(any, signals);
  return any;
}

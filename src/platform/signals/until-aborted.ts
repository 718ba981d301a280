/**
 * Waits for what cannot itself be cut off, such as a look-up of a name, until the signal says that it is over.
 * @throws the signal's reason, at once when it is over already
 */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let cut = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    cut = () => reject(signal.reason as Error);
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', cut);
    work.catch(() => undefined); // nobody waits for it any more
  }
}

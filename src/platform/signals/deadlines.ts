/** A deadline, and what takes it back once nobody waits for it. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly over: () => void;
}

/**
 * Deadlines that can all be cut short at once. One that is over leaves nothing behind; a signal that many others follow by
 * `AbortSignal.any` keeps something of each for as long as it lives (https://github.com/nodejs/node/issues/55328).
 */
export class Deadlines {
  private readonly open = new Set<AbortController>();
  private cutShort = false;

  get areCut(): boolean {
    return this.cutShort;
  }

  /** Aborts after so many milliseconds, with a `TimeoutError`, unless it is {@link cut} or over before. */
  after(ms: number): Deadline {
    const controller = new AbortController();
    const { signal } = controller;
    const timer = setTimeout(() => controller.abort(new DOMException('Time is up.', 'TimeoutError')), ms).unref();
    const over = () => {
      clearTimeout(timer);
      this.open.delete(controller);
    };
    signal.addEventListener('abort', over, { once: true });
    if (this.cutShort) controller.abort();
    else this.open.add(controller);
    return { signal, over };
  }

  /** Aborts all that there are and will be, with an `AbortError`. */
  cut(): void {
    this.cutShort = true;
    for (const controller of this.open) controller.abort();
  }
}

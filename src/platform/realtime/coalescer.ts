interface Quiet {
  /** The last that came in the quiet time. */
  next?: () => void;
}

/** Runs something of each name at most once in a while: the first at once, and of those that come after it the last. */
export class Coalescer {
  private readonly quiet = new Map<string, Quiet>();

  constructor(private readonly everyMs: number) {}

  run(name: string, what: () => void): void {
    const quiet = this.quiet.get(name);
    if (quiet) {
      quiet.next = what;
      return;
    }
    what();
    this.beQuiet(name);
  }

  private beQuiet(name: string): void {
    this.quiet.set(name, {});
    setTimeout(() => this.wake(name), this.everyMs).unref();
  }

  private wake(name: string): void {
    const next = this.quiet.get(name)?.next;
    this.quiet.delete(name);
    if (!next) return;
    next();
    this.beQuiet(name);
  }
}

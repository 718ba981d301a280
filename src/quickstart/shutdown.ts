/** Thrown into a start that was asked to stop half-way. */
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

/** Undoes, last first, whatever has been started so far; also when asked in the middle of a start. */
export class Shutdown {
  private readonly steps: (() => Promise<void> | void)[] = [];
  private running?: Promise<void>;

  get begun(): boolean {
    return this.running !== undefined;
  }

  /** Registers how to undo what was just begun. */
  undo(step: () => Promise<void> | void): void {
    this.steps.push(step);
  }

  /** @throws Stopping once the stop has begun, so that nothing new is started */
  check(): void {
    if (this.begun) throw new Stopping();
  }

  /** Resolves when all that is registered by then has been undone. */
  run(): Promise<void> {
    this.running = (this.running ?? Promise.resolve()).then(() => this.unwind());
    return this.running;
  }

  private async unwind(): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        // One that cannot be undone must not keep the others running.
        console.error(error);
      }
    }
  }
}

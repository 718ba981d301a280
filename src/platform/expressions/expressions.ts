import { Piscina } from 'piscina';

/** For all the expressions of one template: far more than what may be counted takes, on a machine that is busy too. */
const MILLISECONDS = 1_000;
const THREADS = 2;
const MAX_WAITING = 1_000;
/** A backstop: what is counted stays far below it. */
const HEAP_MB = 128;
const RESULT_MAX_LENGTH = 10_000_000;
const REASON_MAX = 500;

/** It cannot be evaluated on this input, or takes too long, or makes too much. */
export class ExpressionFailed extends Error {
  constructor(reason: string) {
    super(reason.slice(0, REASON_MAX));
    this.name = 'ExpressionFailed';
  }
}

/** There is more to evaluate than the threads can do now. */
export class ExpressionsBusy extends Error {
  constructor() {
    super('Too many expressions are being evaluated at once.');
    this.name = 'ExpressionsBusy';
  }
}

interface Limits {
  readonly signal: AbortSignal;
  readonly maxLength?: number;
}

type Filled = { readonly text: string } | { readonly fault: string };

/**
 * Evaluates expressions that clients wrote, in threads of their own: thirty characters of JMESPath can make a text of a
 * gigabyte or run for a day. Time and everything that is made are bounded there; here nothing waits. (Memory by itself
 * is no limit: a thread that asks for much too much at once ends the process, whatever its resource limits.)
 */
export class Expressions {
  private readonly pool = new Piscina({
    filename: new URL('./expression.worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: THREADS,
    maxQueue: MAX_WAITING,
    idleTimeout: 30_000,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });

  /**
   * The template as JSON, each `{"$": expression}` in it replaced by what its expression gives on the input.
   * @throws ExpressionFailed, ExpressionsBusy, or the signal's reason
   */
  async fill(template: unknown, input: unknown, { signal, maxLength = RESULT_MAX_LENGTH }: Limits): Promise<string> {
    if (this.pool.queueSize >= MAX_WAITING) throw new ExpressionsBusy();
    const result = await this.run({ template, input, maxLength, milliseconds: MILLISECONDS }, signal);
    if ('fault' in result) throw new ExpressionFailed(result.fault);
    return result.text;
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async run(task: object, signal: AbortSignal): Promise<Filled> {
    try {
      return (await this.pool.run(task, { name: 'fill', signal })) as Filled;
    } catch (error) {
      signal.throwIfAborted();
      const { code } = error as { code?: unknown };
      if (code === 'ERR_WORKER_OUT_OF_MEMORY') throw new ExpressionFailed('It needs too much memory.');
      throw error;
    }
  }
}

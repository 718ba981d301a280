import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

interface Call {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}
type Answer = { readonly id: number } & ({ readonly output: unknown } | { readonly error: string });

/** What an actor can be asked for. */
export type Handlers = Readonly<Record<string, (input: never) => unknown>>;
type Output<H extends Handlers, Name extends keyof H> = Awaited<ReturnType<H[Name]>>;

/** Two collections, because what the first one frees may hold on to more. Needs `--expose-gc`. */
const collect = (): void => {
  globalThis.gc?.();
  globalThis.gc?.();
};

/** Makes the calling process an actor: it answers its parent's calls until the parent ends it. */
export function serve(handlers: Handlers): void {
  const all: Handlers = { ...handlers, collect };
  process.on('message', ({ id, name, input }: Call) => {
    const run = async (): Promise<unknown> => all[name]?.(input as never);
    run().then(
      (output) => reply({ id, output }),
      (error: unknown) => reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}

const reply = (answer: Answer): void => void process.send?.(answer);

/** A process of the benchmark: a baseline or a load, so that neither takes time from the other's event loop. */
export class Actor<H extends Handlers> {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private lastId = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: Answer) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
    child.once('exit', (code) => {
      for (const [id, settle] of this.waiting) settle({ id, error: `The process ended with ${code}.` });
    });
  }

  /** @param file below bench/, such as `load/http-load` */
  static start<H extends Handlers>(file: string): Actor<H> {
    const child = fork(new URL(`./${file}.ts`, import.meta.url), {
      execArgv: ['--import', new URL('./typescript.mjs', import.meta.url).href, '--expose-gc'],
      env: { ...process.env, NODE_ENV: 'production' },
      serialization: 'advanced',
    });
    return new Actor<H>(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async call<Name extends keyof H & string>(name: Name, ...[input]: Parameters<H[Name]>): Promise<Output<H, Name>> {
    return (await this.ask(name, input)) as Output<H, Name>;
  }

  /** Frees what is garbage, so that what remains can be measured. */
  async collect(): Promise<void> {
    await this.ask('collect', undefined);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private async ask(name: string, input: unknown): Promise<unknown> {
    const id = ++this.lastId;
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    this.child.send({ id, name, input });
    const answer = await answered;
    if ('error' in answer) throw new Error(answer.error);
    return answer.output;
  }
}

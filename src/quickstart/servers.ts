import type { Lock } from './lock.js';
import type { Shutdown } from './shutdown.js';
import type { Spawned } from './supervised.js';

export interface EmbeddedServer {
  /** Resolves when the running server ends, whoever ended it. */
  readonly ended: Promise<unknown> | undefined;
  start(spawned: Spawned): Promise<void>;
}

/** Runs the embedded servers for as long as the quickstart runs, and not a moment longer. */
export class Servers {
  constructor(
    private readonly lock: Lock,
    private readonly shutdown: Shutdown,
    private readonly say: (line: string) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  async run<T extends EmbeddedServer>(name: string, preparing: Promise<T>): Promise<T> {
    const server = await preparing;
    this.shutdown.check();
    await server.start(this.spawned);
    this.keep(name, server);
    return server;
  }

  private readonly spawned: Spawned = (process) => {
    this.shutdown.undo(() => process.stop());
    this.lock.addChild(process.ref);
    this.shutdown.check();
  };

  /** A server that was killed, or that crashed, is started again on its data and at its address. */
  private keep(name: string, server: EmbeddedServer): void {
    const again = async (): Promise<void> => {
      if (this.shutdown.begun) return;
      this.say(`${name} ended unexpectedly: starting it again.`);
      await server.start(this.spawned);
      this.keep(name, server);
    };
    server.ended?.then(again).catch((error: unknown) => {
      if (!this.shutdown.begun) this.fail(error);
    });
  }
}

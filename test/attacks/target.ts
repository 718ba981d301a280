import { setTimeout as pause } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { aClient, aRoom, WITHOUT_LIMITS } from '../builders/clients.js';
import { type Twin, twins } from '../builders/twins.js';
import { takeLeaks } from '../support/canaries.js';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { assertLoopback } from './loopback.js';
import { Probe, type Seen } from './probe.js';

const COLLECTOR = new URL('../../bench/collector.mjs', import.meta.url).href;
/** What may be there after an attack that was not before: compiled code, caches up to their bounds, pools. */
const MORE_MB = 160;
const SERIOUS = /"level":(?:"(?:error|fatal)"|[56]0)/;
const SHOWN = 400;

/** An installation to be attacked, with two clients of which one attacks, and a third who watches how it fares. */
export class Target {
  private logged = 0;

  private constructor(
    readonly house: Installation,
    /** Attacks. */
    readonly one: Twin,
    /** Of whom nothing may show or change. */
    readonly other: Twin,
    private readonly probe: Probe,
  ) {}

  static async start(): Promise<Target> {
    // Limits are high here: an attack is to reach what is behind them.
    const house = await Installation.start(
      { NODE_OPTIONS: `--expose-gc --import ${COLLECTOR}` },
      { apis: 1, workers: 1 },
    );
    assertLoopback(house.api.url);
    const { operator, api, url } = house.api;
    const app = { operator, api: (key = '') => api(key), environment: house.environment };
    const { a, b } = await twins(app);
    const watcher = await aClient(app, { name: 'The watcher', settings: { limits: WITHOUT_LIMITS } });
    const { apiKey } = await watcher.login('wendy');
    const roomId = await aRoom(watcher, { type: 'group', members: ['wendy'] });
    const target = new Target(house, b, a, await Probe.start({ url, apiKey, roomId }));
    // Compiled, and with its first caches full.
    await pause(3_000);
    await target.probe.look();
    return target;
  }

  get url(): string {
    return this.house.api.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** How many the API has answered so far, the bystander's not counted. */
  get requests(): number {
    const lines = this.house.api.output().match(/"route":"(?!\/api\/v1\/(?:messages|rooms\/:id)")/g);
    return lines?.length ?? 0;
  }

  /** What the bystander saw since the last look. */
  look(): Promise<Seen> {
    return this.probe.look();
  }

  /** Of the API's process, once what is garbage is gone. */
  async residentMb(): Promise<number> {
    const { pid } = this.house.api;
    process.kill(pid, 'SIGUSR2');
    await pause(1_000);
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
  }

  /** What is wrong once it is over: nothing that was taken on is lost, nothing is kept, the log is quiet. */
  async aftermath(beforeMb: number): Promise<string[]> {
    const faults: string[] = [];
    const answers = async () => (await fetch(`${this.url}/api/v1/utils/health-check`)).ok;
    await eventually(answers, { withinMs: 15_000 }).catch(() => faults.push('does not answer any more'));
    await this.verified().catch((error: unknown) => faults.push(`does not add up: ${String(error).slice(0, SHOWN)}`));
    const more = (await this.settledMb(beforeMb)) - beforeMb;
    if (more > MORE_MB) faults.push(`keeps ${Math.round(more)} MB`);
    return [...faults, ...this.seriousLines(), ...takeLeaks().map((leak) => `logs what it may not: ${leak}`)];
  }

  /** What is being delivered is not wrong yet: recounted until it is. */
  private async verified(): Promise<void> {
    await eventually(
      async () => {
        await this.house.verify();
        return true;
      },
      { withinMs: 30_000 },
    );
  }

  private async settledMb(beforeMb: number): Promise<number> {
    for (let tries = 10; ; tries--) {
      const now = await this.residentMb();
      if (now - beforeMb <= MORE_MB || tries === 0) return now;
    }
  }

  private seriousLines(): string[] {
    const all = `${this.house.api.output()}\n${this.house.worker.output()}`;
    const lines = all.split('\n').filter((line) => SERIOUS.test(line));
    const fresh = lines.slice(this.logged);
    this.logged = lines.length;
    return fresh.map((line) => `logs ${line.slice(0, SHOWN)}`);
  }

  async stop(): Promise<void> {
    await this.probe.stop();
    await this.house.stop();
  }
}

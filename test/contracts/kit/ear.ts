import { eventually } from '../../support/eventually.js';
import type { Heard } from '../../support/sockets.js';
import { Broken } from './broken.js';
import type { Line } from './lines.js';
import { brief, faultsOf } from './matcher.js';
import { type ExpectedEvent, isEphemeral } from './scenario.js';

/** News of the connection itself, which come when they come. */
const HOUSEKEEPING = new Set(['ready', 'room.head', 'sync.required', 'server.draining']);

/** What one user has heard, held against what they should hear: durable events one after the other, none left out. */
export class Ear {
  /** Durable events up to here have been accounted for. */
  private taken = 0;
  private stepBegan = 0;
  private readonly accounted = new Set<Heard>();

  constructor(
    readonly name: string,
    readonly line: Line,
    private readonly patienceMs: number,
    /** Whose coming and going need not be foreseen. */
    private readonly acquaintances: ReadonlySet<string>,
  ) {}

  beginStep(): void {
    this.stepBegan = this.line.heard.length;
  }

  /** Exactly these durable events come next, and each of the ephemeral ones comes. @throws Broken */
  async hears(events: readonly ExpectedEvent[]): Promise<void> {
    for (const event of events) await (isEphemeral(event) ? this.hearsOfTheMoment(event) : this.hearsNext(event));
  }

  /** @throws Broken when something came that nothing has accounted for */
  assertNothingMore(): void {
    const extra = this.line.heard.find((push) => this.isUnforeseen(push));
    if (extra) throw new Broken(`${this.name} heard what they should not: ${spoken(extra)}`);
  }

  private get durable(): Heard[] {
    return this.line.heard.filter(({ offset }) => offset !== undefined);
  }

  private async hearsNext(event: ExpectedEvent): Promise<void> {
    const next = await this.waitFor(event, () => this.durable[this.taken]);
    const faults = next.ev === event.ev ? faultsOf(next, event) : [`it is ${next.ev}`];
    if (faults.length > 0)
      throw new Broken(
        `${this.name} should hear ${brief(event)} next, and heard ${spoken(next)}`,
        faults.map((fault) => `in it ${fault}`),
      );
    this.taken++;
  }

  private async hearsOfTheMoment(event: ExpectedEvent): Promise<void> {
    const push = await this.waitFor(event, () =>
      this.line.heard
        .slice(this.stepBegan)
        .find((one) => one.ev === event.ev && !this.accounted.has(one) && faultsOf(one, event).length === 0),
    );
    this.accounted.add(push);
  }

  private async waitFor(event: ExpectedEvent, find: () => Heard | undefined): Promise<Heard> {
    const probe = async () => {
      const found = find();
      if (found) return found;
      await this.line.listen();
      return find();
    };
    try {
      return await eventually(probe, { withinMs: this.patienceMs });
    } catch {
      const since = this.line.heard.slice(this.stepBegan).map(spoken).join(', ') || 'nothing';
      throw new Broken(`${this.name} did not hear ${brief(event)} within ${this.patienceMs} ms, only: ${since}`);
    }
  }

  private isUnforeseen(push: Heard): boolean {
    if (push.offset !== undefined) return this.durable.indexOf(push) >= this.taken;
    if (HOUSEKEEPING.has(push.ev) || this.accounted.has(push)) return false;
    return !(push.ev === 'presence.changed' && this.acquaintances.has(push.data.userId));
  }
}

const spoken = ({ ev, offset, data }: Heard): string =>
  `${ev}${offset === undefined ? '' : ` (offset ${offset})`} ${brief(data)}`;

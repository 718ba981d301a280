import { Broken } from './broken.js';
import { isOverRest, type Outcome, performOverRest } from './commands.js';
import type { House } from './house.js';
import type { Transport } from './lines.js';
import { brief, faultsOf, resolved } from './matcher.js';
import { type ExpectedEvent, hearersOf, isEphemeral, type Scenario, type Step } from './scenario.js';
import { Stage } from './stage.js';

const ANSWER_MS = 30_000;

/** Why a scenario cannot be played over a transport; null when it can. */
export function whyNotOver(transport: Transport, { steps }: Scenario): string | null {
  if (transport !== 'rest') return null;
  const alone = steps.find((step) => !isOverRest(step.do));
  return alone ? `${alone.do} is a command of sockets` : null;
}

/** Plays a scenario against a service. @throws Broken where the service does not do as it says */
export async function play(scenario: Scenario, transport: Transport, house: House): Promise<void> {
  const stage = await Stage.set(scenario, transport, house);
  try {
    for (const [at, step] of scenario.steps.entries())
      await placed(`step ${at + 1} (${step.as}: ${step.do})`, new Turn(stage, transport, step).take());
    await placed('after the last step', stage.end());
  } finally {
    await stage.clear();
  }
}

/** Says where it was that something did not hold. */
async function placed(place: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw error instanceof Broken ? error.at(place) : error;
  }
}

/** One step: somebody does something, and all hear what they should. */
class Turn {
  constructor(
    private readonly stage: Stage,
    private readonly transport: Transport,
    private readonly step: Step,
  ) {}

  async take(): Promise<void> {
    const { as, keep } = this.step;
    for (const ear of this.stage.ears.values()) ear.beginStep();
    const outcome = await withinTime(this.perform(), `${as} got no answer`);
    this.judge(outcome);
    if ('ok' in outcome) {
      if (this.step.do === 'room.create') this.stage.knowRoom(outcome.ok);
      if (keep) this.stage.names.set(keep, outcome.ok);
    }
    for (const [name, events] of hearersOf(this.step)) await this.hears(name, events);
    await this.stage.endStep();
  }

  private async perform(): Promise<Outcome> {
    const { as, do: command } = this.step;
    if (command === 'connection.close') return { ok: this.stage.close(as) };
    if (command === 'connection.open') return { ok: await this.comeBack() };
    const data = this.resolved(this.step.with ?? {}) as Record<string, unknown>;
    const line = this.stage.ears.get(as)?.line;
    const isWrong = this.step.refused?.code === 'validation_failed';
    return line ? line.command(command, data, isWrong) : performOverRest(this.stage.apiOf(as), command, data);
  }

  /** What `ready` says; without a socket the list of rooms says the same. */
  private async comeBack(): Promise<unknown> {
    const line = await this.stage.open(this.step.as);
    const ready = line.heard.find(({ ev }) => ev === 'ready');
    if (ready) return ready.data as unknown;
    const { body } = await this.stage.apiOf(this.step.as).get('/rooms?limit=100');
    const rooms = body.data as { id: string; head: number; lastSeq: number; unreadCount: number }[];
    return {
      rooms: rooms.map(({ id: roomId, head, lastSeq, unreadCount }) => ({ roomId, head, lastSeq, unreadCount })),
    };
  }

  private judge(outcome: Outcome): void {
    const { refused, expect, status } = this.step;
    if ('refusal' in outcome !== (refused !== undefined))
      throw new Broken(refused ? `was not refused: ${brief(outcome)}` : `was refused: ${brief(outcome)}`);
    const actual = 'refusal' in outcome ? outcome.refusal : outcome.ok;
    const expected = refused ?? expect;
    const faults = expected === undefined ? [] : faultsOf(actual, this.resolved(expected));
    const wrongStatus = status !== undefined && outcome.status !== undefined && outcome.status !== status;
    if (wrongStatus) faults.unshift(`the status is ${outcome.status}, not ${status}`);
    if (faults.length > 0) throw new Broken(`answered ${brief(actual)}`, faults);
  }

  private async hears(name: string, events: readonly ExpectedEvent[]): Promise<void> {
    const ear = this.stage.ears.get(name);
    if (!ear) throw new Broken(`${name} has no connection to hear with`);
    const audible = this.transport === 'rest' ? events.filter((event) => !isEphemeral(event)) : events;
    await ear.hears(audible.map((event) => this.resolved(event) as ExpectedEvent));
  }

  private resolved(value: unknown): unknown {
    try {
      return resolved(value, this.stage.names);
    } catch (error) {
      throw new Broken(error instanceof Error ? error.message : String(error));
    }
  }
}

/** A service that never answers is broken, too. */
async function withinTime<T>(work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Broken(`${otherwise} within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

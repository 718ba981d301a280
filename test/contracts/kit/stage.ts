import type { Api, Reply } from '../../support/api.js';
import { Broken } from './broken.js';
import { patiently } from './commands.js';
import { Ear } from './ear.js';
import type { House } from './house.js';
import { type Caller, type Line, RestLine, SocketLine, type Transport } from './lines.js';
import { brief } from './matcher.js';
import { faultOfOffsets } from './offsets.js';
import { hearersOf, type Scenario } from './scenario.js';

export const MASTER = 'master';

/** What one scenario plays on: its users with their lines open, its rooms, and all that it calls by a name. */
export class Stage {
  readonly names = new Map<string, unknown>();
  readonly ears = new Map<string, Ear>();
  private readonly cast = new Map<string, Caller>();
  /** The scenario's rooms, each with its head when the step began. */
  private readonly heads = new Map<string, number>();

  private constructor(
    private readonly scenario: Scenario,
    private readonly transport: Transport,
    private readonly house: House,
  ) {}

  /** Sets up what is given. */
  static async set(scenario: Scenario, transport: Transport, house: House): Promise<Stage> {
    const stage = new Stage(scenario, transport, house);
    try {
      await stage.prepare();
      return stage;
    } catch (error) {
      await stage.clear();
      throw error;
    }
  }

  apiOf(name: string): Api {
    return this.callerOf(name).api;
  }

  async open(name: string): Promise<Line> {
    const caller = this.callerOf(name);
    const { url, master, patienceMs } = this.house;
    const line =
      this.transport === 'rest'
        ? new RestLine(caller, master, this.heads)
        : await SocketLine.open(this.transport, url, caller);
    await line.listen();
    this.ears.set(name, new Ear(name, line, patienceMs, this.acquaintancesOf(name)));
    return line;
  }

  close(name: string): void {
    const ear = this.ears.get(name);
    ear?.assertNothingMore();
    ear?.line.close();
    this.ears.delete(name);
  }

  /** Remembers a room that a step made. */
  knowRoom(answer: unknown): void {
    const { id } = answer as { id?: string };
    if (id !== undefined && !this.heads.has(id)) this.heads.set(id, 0);
  }

  /** What was heard until now belongs to the steps until now. */
  async endStep(): Promise<void> {
    if (this.transport !== 'rest') return;
    for (const ear of this.ears.values()) {
      await ear.line.listen();
      ear.assertNothingMore();
    }
    for (const roomId of this.heads.keys()) {
      const { status, body } = await this.asMaster((api) => api.get(`/rooms/${roomId}`));
      if (status === 200) this.heads.set(roomId, Number(body.head));
      else this.heads.delete(roomId);
    }
  }

  /**
   * Nobody heard anything else. No time is waited: all are told of a room made for this, and that must be the next they
   * hear.
   */
  async end(): Promise<void> {
    const members = [...this.ears.keys()].filter((name) => name !== MASTER).map((name) => this.callerOf(name).userId);
    const { body: room } = await this.asMaster((api) => api.post('/rooms', { type: 'group', members }));
    const roomId = String(room.id);
    this.heads.set(roomId, 0);
    await this.ears.get(MASTER)?.line.command('room.subscribe', { roomId }, false);
    await this.asMaster((api) => api.post('/messages', { roomId, type: 'system', content: 'The end' }));
    for (const [name, ear] of this.ears) {
      const made = name === MASTER ? [] : [{ ev: 'room.created', roomId }];
      await ear.hears([...made, { ev: 'message.created', roomId }]);
      ear.assertNothingMore();
    }
    for (const id of this.heads.keys()) await this.assertGapless(id);
  }

  /** Leaves the service as it was. */
  async clear(): Promise<void> {
    for (const { line } of this.ears.values()) line.close();
    await Promise.all([...this.heads.keys()].map((id) => this.asMaster((api) => api.delete(`/rooms/${id}`))));
    // What users said of their presence outlasts the scenario: they are not lent again.
    if (this.scenario.steps.some((step) => step.do === 'presence.set')) return;
    for (const [name, caller] of this.cast) this.house.users.giveBack(name, caller);
  }

  private async prepare(): Promise<void> {
    const { users, rooms = {} } = this.scenario.given;
    await Promise.all(
      users.map(async (name) => {
        const caller = await this.house.users.borrow(name);
        this.cast.set(name, caller);
        this.names.set(name, caller.userId);
      }),
    );
    for (const [name, { members, ...wish }] of Object.entries(rooms)) {
      const inIt = Object.entries(members).map(([member, role]) => ({ userId: this.callerOf(member).userId, role }));
      const { status, body } = await this.asMaster((api) => api.post('/rooms', { ...wish, members: inIt }));
      if (status !== 201) throw new Broken(`the room that is given cannot be made: ${brief(body)}`);
      this.names.set(name, body);
      this.heads.set(String(body.id), Number(body.head));
    }
    const watches = this.scenario.steps.some((step) => hearersOf(step).some(([name]) => name === MASTER));
    for (const name of watches ? [...users, MASTER] : users) await this.open(name);
  }

  private callerOf(name: string): Caller {
    const { master, masterKey } = this.house;
    if (name === MASTER) return { userId: MASTER, apiKey: masterKey, api: master };
    const caller = this.cast.get(name);
    if (!caller) throw new Broken(`${name} is nobody of this scenario`);
    return caller;
  }

  /** Those who see each other's presence from the beginning on. */
  /** Those who share a given room; where presence is not what the scenario is about all of them, who may come to share one. */
  private acquaintancesOf(name: string): ReadonlySet<string> {
    const { given, steps } = this.scenario;
    const isAboutPresence = steps.some((step) => hearersOf(step).some(([, events]) => events.some(isPresence)));
    const shared = Object.values(given.rooms ?? {}).filter(({ members }) => name in members || name === MASTER);
    const names = isAboutPresence ? shared.flatMap(({ members }) => Object.keys(members)) : given.users;
    return new Set(names.map((other) => this.callerOf(other).userId));
  }

  private async assertGapless(roomId: string): Promise<void> {
    const offsets: number[] = [];
    for (let cursor = ''; ;) {
      const { status, body } = await this.asMaster((api) => api.get(`/rooms/${roomId}/events?limit=100${cursor}`));
      if (status === 404) return;
      offsets.push(...(body.data as { offset: number }[]).map(({ offset }) => offset));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    const { body: room } = await this.asMaster((api) => api.get(`/rooms/${roomId}`));
    const fault = faultOfOffsets(offsets, Number(room.head));
    if (fault !== null) throw new Broken(fault);
  }

  private asMaster(call: (api: Api) => Promise<Reply>): Promise<Reply> {
    return patiently(() => call(this.house.master));
  }
}

const isPresence = ({ ev }: { readonly ev: string }): boolean => ev === 'presence.changed';

import type { Api } from '../../support/api.js';
import { patiently } from './commands.js';
import type { Caller } from './lines.js';

/**
 * Throw-away users of one run, lent to one scenario at a time. A login costs the service a deliberately slow hash, so users
 * are lent again.
 */
export class Users {
  private readonly free = new Map<string, Caller[]>();
  private readonly all: Caller[] = [];

  /** @param prefix of every user id of the run, so that runs meet neither each other nor real users */
  constructor(
    private readonly master: Api,
    private readonly callingWith: (key: string) => Api,
    private readonly prefix: string,
  ) {}

  /** Somebody whom the scenario calls by that name; their ids are in the order of the names. */
  async borrow(name: string): Promise<Caller> {
    const free = this.free.get(name)?.pop();
    if (free) return free;
    const userId = `${this.prefix}-${name}-${this.all.length + 1}`;
    const caller = { userId, apiKey: '', api: this.master };
    const at = this.all.push(caller) - 1;
    const { status, body } = await patiently(() => this.master.post('/auth/login', { userId }));
    if (status !== 200) throw new Error(`The key cannot log users in (${status} ${body.code}): is it a master key?`);
    const apiKey = String(body.apiKey);
    return (this.all[at] = { userId, apiKey, api: this.callingWith(apiKey) });
  }

  giveBack(name: string, caller: Caller): void {
    this.free.set(name, [...(this.free.get(name) ?? []), caller]);
  }

  /** Leaves nothing behind. */
  async erase(): Promise<void> {
    for (const { userId } of this.all) await patiently(() => this.master.delete(`/users/${userId}`));
  }
}

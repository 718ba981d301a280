import { Api } from '../../support/api.js';
import { Users } from './users.js';

/** The service under test, and what opens it. */
export interface House {
  readonly url: string;
  readonly masterKey: string;
  readonly master: Api;
  readonly users: Users;
  /** How long an event may take. */
  readonly patienceMs: number;
}

interface Address {
  readonly url: string;
  readonly masterKey: string;
  /** What the ids of its throw-away users begin with. */
  readonly prefix: string;
  readonly patienceMs: number;
}

export function aHouse({ url, masterKey, prefix, patienceMs }: Address): House {
  const callingWith = (apiKey: string) => new Api(url, { Authorization: `Bearer ${apiKey}` });
  const master = callingWith(masterKey);
  return { url, masterKey, master, users: new Users(master, callingWith, prefix), patienceMs };
}

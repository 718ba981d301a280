import { Injectable } from '@nestjs/common';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { addressesOf, type Reached } from './users.rules.js';

/** Whom personal data is about. */
export interface DataSubject {
  readonly clientId: ClientId;
  readonly userId: UserId;
  /** Where the user is or was reached by email and telephone, in lower case. */
  readonly addresses: readonly string[];
}

export interface Erasure extends DataSubject {
  readonly displayName: string | null;
  /** Stands where a reference to the user must stay. */
  readonly pseudonym: string;
}

/** A list of an export, row by row; rows are read a page at a time. */
export type ExportedList = (subject: DataSubject) => AsyncIterable<object>;

/** What one module keeps about users: how it is given out, and how it goes. */
export interface PersonalDataPart {
  /**
   * Ways in end before content goes, so that little new comes in meanwhile. Copies of what was told go last: the erasure
   * itself is told of.
   */
  readonly stage: 'access' | 'content' | 'copies';
  /** Addresses that the user had before. A part that knows some is erased after those that do not. */
  addressesOf?(clientId: ClientId, userId: UserId): Promise<readonly string[]>;
  /** The lists of an export, by their names. */
  readonly lists: Readonly<Record<string, ExportedList>>;
  /**
   * Removes all of it, in transactions that do not grow with the user. Called again after a crash, it does what is left.
   * @returns how many things it removed or changed
   */
  erase(erasure: Erasure): Promise<number>;
}

/** The parts that modules register: users know nothing of rooms, messages and notifications. */
@Injectable()
export class PersonalData {
  private readonly registered: PersonalDataPart[] = [];

  register(part: PersonalDataPart): void {
    const taken = new Set(this.registered.flatMap(({ lists }) => Object.keys(lists)));
    const twice = Object.keys(part.lists).find((name) => taken.has(name));
    if (twice !== undefined) throw new Error(`Two parts of personal data have a list named ${twice}.`);
    this.registered.push(part);
  }

  /** In the order they are erased. */
  parts(): readonly PersonalDataPart[] {
    const turns = {
      access: () => 0,
      content: (part: PersonalDataPart) => ('addressesOf' in part ? 2 : 1),
      copies: () => 3,
    };
    const turn = (part: PersonalDataPart) => turns[part.stage](part);
    return this.registered.toSorted((a, b) => turn(a) - turn(b));
  }

  /** @param user null when there is no profile, which does not mean that nothing is known */
  async subjectOf(clientId: ClientId, userId: UserId, user: Reached | null): Promise<DataSubject> {
    const addresses = new Set(user ? addressesOf(user) : []);
    for (const part of this.registered)
      for (const former of (await part.addressesOf?.(clientId, userId)) ?? []) addresses.add(former);
    return { clientId, userId, addresses: [...addresses] };
  }
}

/** Rows that are erased in one transaction. */
export const ERASED_AT_ONCE = 500;

/** Runs batch after batch until one finds nothing. @returns how many things they removed in all */
export async function untilNothingIsLeft(eraseBatch: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let batch = await eraseBatch(); batch > 0; batch = await eraseBatch()) total += batch;
  return total;
}

/** Every row of a list that is read page by page. */
export async function* everyRow<Row, Place>(
  pageSize: number,
  read: (limit: number, after: Place | null) => Promise<readonly Row[]>,
  placeOf: (row: Row) => Place,
): AsyncGenerator<Row> {
  for (let after: Place | null = null; ;) {
    const rows: readonly Row[] = await read(pageSize, after);
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < pageSize || last === undefined) return;
    after = placeOf(last);
  }
}

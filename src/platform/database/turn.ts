import type { Tx } from './database.js';
import { statement } from './statement.js';

const TURN = statement('turn.take', `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`);

/** Waits until no other transaction has what is called so, and has it until its own ends: for what there is no row of to lock. */
export async function takeTurn(tx: Tx, name: string): Promise<void> {
  await tx.query(TURN, [name]);
}

export async function first<R>(rows: Promise<R[]>): Promise<R | null> {
  return (await rows)[0] ?? null;
}

/** The row that a statement under the room's lock must have touched. */
export async function one<R>(rows: Promise<R[]>): Promise<R> {
  const row = await first(rows);
  if (!row) throw new Error('A locked row is gone.');
  return row;
}

/** Why the offsets of a room's whole feed are not one counter from 1 to its head; null when they are. */
export function faultOfOffsets(offsets: readonly number[], head: number): string | null {
  const gapless = Array.from({ length: head }, (_, at) => at + 1);
  return offsets.join() === gapless.join()
    ? null
    : `the feed has the offsets ${offsets.join()}, and the room the head ${head}`;
}

/** When each of so many is to leave: one in each equal part of the time, at a moment of chance, in an order of chance. */
export function leaveTimes(count: number, withinMs: number, random: () => number): number[] {
  const times = Array.from({ length: count }, (_, part) => ((part + random()) / count) * withinMs);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [times[last], times[other]] = [times[other] ?? 0, times[last] ?? 0];
  }
  return times;
}

/** What an owner has at most at a time; with one more the oldest falls out. */
export const LIVE_MAX = 3;
/** The longest that old secrets stay good beside a new one: a week. */
export const OVERLAP_MAX_SECONDS = 604_800;

/** How many of the older secrets stay beside a new one. */
export const keptBeside = (overlapSeconds: number): number => (overlapSeconds > 0 ? LIVE_MAX - 1 : 0);

/** What a sealed secret is bound to: it opens in its own row only. */
export const boundToSigning = (clientId: string, ownerId: string, id: string): string =>
  `signing|${clientId}|${ownerId}|${id}`;

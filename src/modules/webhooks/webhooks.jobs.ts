/** The kind of work, and the queue of its hints: one piece for each event. */
export const INBOUND = 'inbound';

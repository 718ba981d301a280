/** The kind of work, and the queue of its hints. */
export const DELIVERIES = 'deliveries';

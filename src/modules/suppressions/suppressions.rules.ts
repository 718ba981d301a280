/** Why an address is not to be written to. */
export const SUPPRESSION_REASONS = ['hard_bounce', 'complaint', 'unsubscribe', 'manual'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

type Category = 'transactional' | 'marketing' | 'critical';

/** What each keeps back. Nothing passes a mailbox that does not exist, or what somebody stopped by hand. */
const KEEPS_BACK: Readonly<Record<SuppressionReason, readonly Category[]>> = {
  hard_bounce: ['critical', 'transactional', 'marketing'],
  manual: ['critical', 'transactional', 'marketing'],
  complaint: ['transactional', 'marketing'],
  unsubscribe: ['marketing'],
};

/** Whether a message of a category is kept back for any of these. */
export const isKeptBack = (reasons: readonly SuppressionReason[], category: Category): boolean =>
  reasons.some((reason) => KEEPS_BACK[reason].includes(category));

/** A client's key opens as that alone. */
export const boundToSuppressions = (clientId: string): string => `suppressions|${clientId}`;

/** What a source can have done about an event. */
export const ACTION_TYPES = ['createRoom', 'sendMessage', 'sendNotification', 'forward'] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

/** One action of a source's rules, as it was saved. */
export interface ActionRule {
  /** By which later ones name its result. */
  readonly id: string;
  readonly type: ActionType;
  /** An expression: the action is skipped when it gives nothing, false or something empty. */
  readonly when?: string;
  /** As the REST body of what it does, with `{"$": expression}` for any value. */
  readonly params: Readonly<Record<string, unknown>>;
}

export const ACTION_STATUSES = ['pending', 'done', 'skipped', 'failed'] as const;
export type ActionStatus = (typeof ACTION_STATUSES)[number];

/** Why an action has not succeeded; in the words of what refused it. */
export interface ActionError {
  readonly code: string;
  readonly message: string;
}

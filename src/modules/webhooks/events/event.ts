import type { SealedSecret } from '../../../platform/security/index.js';
import type { ActionError, ActionRule, ActionStatus } from '../actions/action.js';

/** `ignored` was kept and nothing was done about it: `reason` says why. */
export const EVENT_STATUSES = ['accepted', 'processing', 'completed', 'failed', 'ignored'] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** Something that another system told. */
export interface InboundEvent {
  readonly clientId: string;
  readonly id: string;
  readonly sourceId: string;
  readonly event: string;
  readonly status: EventStatus;
  readonly reason: string | null;
  /** As the sender has it; signed or not. */
  readonly externalId: string | null;
  readonly type: string | null;
  readonly hops: number;
  readonly receivedAt: Date;
  readonly endedAt: Date | null;
}

/** With what came. */
export interface WholeEvent extends InboundEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Its actions came in its body. */
  readonly ownActions: boolean;
  /** What headers of its `forward` actions say, sealed. */
  readonly forwardHeaders: SealedSecret | null;
  /** How often it was begun anew. */
  readonly run: number;
  readonly requestId: string | null;
}

/** An action of an event, and what it came to. */
export interface EventAction extends ActionRule {
  readonly n: number;
  /** What it makes has this id, or goes by it, however often it is tried. */
  readonly effectId: string;
  readonly status: ActionStatus;
  readonly attempts: number;
  readonly result: unknown;
  readonly error: ActionError | null;
  readonly endedAt: Date | null;
}

/** An action that is to be done. */
export type PlannedAction = ActionRule & Pick<EventAction, 'effectId'>;

/** An action of a new run: with its result where that stays. */
export type RenewedAction = PlannedAction & Pick<EventAction, 'status' | 'attempts' | 'result' | 'endedAt'>;

import { type Quantiles, rateOf, successRateOf, type Tally, totalOf } from './figures.rules.js';
import type { Cell } from './series.rules.js';

export interface DeliveryFigures {
  readonly count: number;
  readonly statuses: Tally;
  readonly successRate: number | null;
  readonly acceptToSentMs: Quantiles | null;
}

export interface CallFigures {
  readonly calls: number;
  readonly errors: number;
  readonly errorRate: number | null;
  readonly outcomes: Tally;
  readonly reasons: Tally;
  readonly latencyMs: Quantiles | null;
}

export interface EventFigures {
  readonly events: number;
  readonly statuses: Tally;
}

/** How many of each value that a part of the keys has; none of the empty. */
function tallyOf({ counts }: Cell, part: number): Tally {
  const tally: Record<string, number> = {};
  for (const { key, n } of counts) if (key[part]) tally[key[part]] = (tally[key[part]] ?? 0) + n;
  return tally;
}

export function deliveryFiguresOf(cell: Cell, statusPart: number): DeliveryFigures {
  const statuses = tallyOf(cell, statusPart);
  const counts = { count: totalOf(statuses), statuses, successRate: successRateOf(statuses) };
  return { ...counts, acceptToSentMs: cell.times };
}

const WELL = new Set(['sent', 'delivered', 'succeeded']);

export function callFiguresOf(cell: Cell, outcomePart: number, reasonPart: number): CallFigures {
  const outcomes = tallyOf(cell, outcomePart);
  const calls = totalOf(outcomes);
  const errors = totalOf(Object.fromEntries(Object.entries(outcomes).filter(([outcome]) => !WELL.has(outcome))));
  const rates = { calls, errors, errorRate: rateOf(errors, calls - errors) };
  return { ...rates, outcomes, reasons: tallyOf(cell, reasonPart), latencyMs: cell.times };
}

export function eventFiguresOf(cell: Cell, statusPart: number): EventFigures {
  const statuses = tallyOf(cell, statusPart);
  return { events: totalOf(statuses), statuses };
}

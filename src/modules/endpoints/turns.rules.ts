import type { EndpointLimits } from './endpoint.js';

/** What a new endpoint, or one at a new URL, is called with at once: nobody knows yet what it takes. */
export const FIRST_PACE = 2;
const SLOWEST_PACE = 1;
const FASTEST_PACE = 1_000;
/** A call may wait this long for its time, in its place: what is over it stands in line. */
export const AHEAD_SECONDS = 2;
/** Whoever stands in line is called when a place is free; after this at the earliest it looks by itself. */
const FIRST_LOOK_SECONDS = 5;
/** Nor more often than this: it is for when whoever would call it has died, and one that finds a place calls the next. */
const LEAST_STEP_SECONDS = 1;
/** Of the time of calls, how much the newest one counts. */
const NEWEST = 0.2;

/** How an endpoint is doing. Times are seconds since 1970, by the database's clock; 0 is never. */
export interface EndpointState {
  /** How many calls at once it has shown to take: one more with each success, one after a timeout. */
  readonly pace: number;
  /** How long its calls take, of late. */
  readonly callSeconds: number;
  /** It asked not to be called before. */
  readonly heldUntil: number;
  /** When its rate lets the next call begin. */
  readonly nextCallAt: number;
  /** The last in line looks then. */
  readonly lastTurnAt: number;
  readonly failingSince: number;
}

export interface Asked {
  readonly wanted: number;
  /** Calls that are being made, by all workers. */
  readonly inFlight: number;
  readonly now: number;
}

export interface Admitted {
  /** When each that is let in may begin. */
  readonly callsAt: readonly number[];
  /** When each of the others should look again, if nobody calls it before. */
  readonly turnsAt: readonly number[];
  readonly state: EndpointState;
}

/** How many calls at once it may have. */
export const widthOf = ({ pace }: EndpointState, { inFlight }: EndpointLimits): number => Math.min(pace, inFlight);

const gapOf = ({ perSecond }: EndpointLimits): number => (perSecond === null ? 0 : 1 / perSecond);

/** How many more calls may begin, or wait for their time, now. */
export function roomOf(state: EndpointState, limits: EndpointLimits, { inFlight, now }: Omit<Asked, 'wanted'>): number {
  if (state.heldUntil > now) return 0;
  const places = Math.max(0, widthOf(state, limits) - inFlight);
  const gap = gapOf(limits);
  if (gap === 0) return places;
  const ahead = Math.max(state.nextCallAt, now) - now;
  return Math.min(places, Math.max(0, Math.floor((AHEAD_SECONDS - ahead) / gap) + 1));
}

/** Lets in what the endpoint takes; the others stand in line, as far apart as it can take them. */
export function admit(state: EndpointState, limits: EndpointLimits, asked: Asked): Admitted {
  const { wanted, now } = asked;
  const granted = Math.min(wanted, roomOf(state, limits, asked));
  const gap = gapOf(limits);
  const begins = Math.max(state.nextCallAt, now);
  const step = Math.max(LEAST_STEP_SECONDS, gap, state.callSeconds / widthOf(state, limits));
  const line = Math.max(state.lastTurnAt, state.heldUntil, now + FIRST_LOOK_SECONDS);
  const refused = wanted - granted;
  return {
    callsAt: Array.from({ length: granted }, (_, n) => begins + n * gap),
    turnsAt: Array.from({ length: refused }, (_, n) => line + (n + 1) * step),
    state: {
      ...state,
      nextCallAt: granted > 0 ? begins + granted * gap : state.nextCallAt,
      lastTurnAt: refused > 0 ? line + refused * step : state.lastTurnAt,
    },
  };
}

/** How a call ended, for the endpoint. */
export interface Called {
  readonly went: 'well' | 'wrong' | 'timed_out';
  readonly seconds: number;
  /** It asked for so long a pause. */
  readonly holdSeconds: number;
}

export function afterCalls(state: EndpointState, calls: readonly Called[], now: number): EndpointState {
  return calls.reduce((before, call) => afterCall(before, call, now), state);
}

function afterCall(state: EndpointState, { went, seconds, holdSeconds }: Called, now: number): EndpointState {
  return {
    ...state,
    pace: { well: Math.min(state.pace + 1, FASTEST_PACE), wrong: state.pace, timed_out: SLOWEST_PACE }[went],
    callSeconds: state.callSeconds === 0 ? seconds : state.callSeconds * (1 - NEWEST) + seconds * NEWEST,
    heldUntil: holdSeconds > 0 ? Math.max(state.heldUntil, now + holdSeconds) : state.heldUntil,
    failingSince: went === 'well' ? 0 : state.failingSince || now,
  };
}

const DAY_SECONDS = 86_400;
const FAILING_MAX_SECONDS = 5 * DAY_SECONDS;

/**
 * Nothing but failures for so long, from the first to the one that has just been: they are two at least, and far more than
 * twelve hours apart.
 */
export const hasFailedForTooLong = ({ failingSince }: EndpointState, now: number): boolean =>
  failingSince > 0 && now - failingSince >= FAILING_MAX_SECONDS;

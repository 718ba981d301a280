import { say } from './elements.mjs';

const FRAME_MS = 16;

/** What a page says about its connection. */
export const STATES = {
  up: '',
  down: 'Connecting … What you write is sent as soon as there is a connection.',
  over: 'The connection was ended. Reload the page to come back.',
};

export const part = (id) => document.getElementById(id);

/** Shows the element only when `isShown`. */
export function reveal(id, isShown) {
  part(id).hidden = !isShown;
}

/** Calls once for all that happens within a frame: a hundred events that come together are shown together. */
export function once(show) {
  let timer;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      show();
    }, FRAME_MS);
  };
}

/** Runs what a person asked for; what goes wrong is said to them. */
export async function attempt(run) {
  try {
    reveal('fault', false);
    await run();
  } catch (error) {
    say(part('fault'), error.message);
    reveal('fault', true);
  }
}

/** Calls when somebody looks at the page again: then it is read. */
export function whenSeen(look) {
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
}

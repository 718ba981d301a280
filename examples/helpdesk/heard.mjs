import { Broken } from './check.mjs';

const PATIENCE_MS = 10_000;

/** The pushes of one socket, in the order they came, and those who wait for one. */
export class Heard {
  constructor(who) {
    this.who = who;
    this.pushes = [];
    this.waiting = new Set();
  }

  add(push) {
    this.pushes.push(push);
    for (const look of this.waiting) look();
  }

  /** @returns the first push of the event that fits, now or later @throws Broken when none came in time */
  next(ev, fits = () => true) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Broken(`The ${this.who} did not hear ${ev} within ${PATIENCE_MS / 1_000} s.`));
      }, PATIENCE_MS);
      const look = () => {
        const push = this.pushes.find((one) => one.ev === ev && fits(one));
        if (!push) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(push);
      };
      this.waiting.add(look);
      look();
    });
  }
}

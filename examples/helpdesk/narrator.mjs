import { performance } from 'node:perf_hooks';

const WIDTH = 88;

/** Tells the story: one line for each step, with the time it took. */
export class Narrator {
  constructor(say) {
    this.say = say;
    this.steps = 0;
    this.began = performance.now();
  }

  /** Runs a step and prints it; a broken one is printed too, and passed on. */
  async step(sentence, run) {
    const number = String(this.steps + 1).padStart(2);
    const began = performance.now();
    try {
      const result = await run();
      this.steps++;
      this.say(`${number}  ${sentence} `.padEnd(WIDTH, '·') + ` ${took(began)}`);
      return result;
    } catch (error) {
      this.say(`${number}  ${sentence} `.padEnd(WIDTH, '·') + ' ✗');
      throw error;
    }
  }

  detail(line) {
    this.say(`      ${line}`);
  }

  end() {
    this.say(`\nAll ${this.steps} steps hold (${took(this.began).trim()}).`);
  }
}

const took = (began) => `${(performance.now() - began).toFixed(0).padStart(5)} ms`;

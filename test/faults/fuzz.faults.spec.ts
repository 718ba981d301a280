import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Fuzz } from '../attacks/fuzz/fuzz.js';
import { type Twin, twins } from '../builders/twins.js';
import { anApp, type TestApp } from '../support/app.js';
import { routeHandlers } from '../support/handlers.js';

/* `npm run attack -- fuzz` in small: the same shots each time, unless told otherwise. */

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_130);
const RUNS = Number(process.env.FUZZ_RUNS ?? 10);

let app: TestApp;
let a: Twin;
let b: Twin;

beforeAll(async () => {
  app = await anApp();
  ({ a, b } = await twins(app));
}, 60_000);

afterAll(() => app.close());

it('nothing that the documents describe, or forbid, is answered with 500, at length, or with what is nobody’s', async () => {
  const { operations, sent, statuses, faults } = await new Fuzz(app, b, a, { seed: SEED, runs: RUNS }).run();

  expect(faults).toEqual([]);
  expect([operations, sent]).toEqual([routeHandlers.length, routeHandlers.length * RUNS]);
  // It came as far as the handlers.
  expect(statuses[200]).toBeGreaterThan(sent / 20);
}, 120_000);

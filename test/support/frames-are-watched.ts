import { afterAll, afterEach } from '@jest/globals';
import { takeFrameFaults } from './frame-watch.js';

/** Fails the test whose sockets saw what docs/asyncapi.json does not say, whatever it is about. */
function failOnFaults(): void {
  const faults = takeFrameFaults();
  if (faults.length > 0) throw new Error(`Not as docs/asyncapi.json says, or not as meant:\n${faults.join('\n')}`);
}

afterEach(failOnFaults);
afterAll(failOnFaults);

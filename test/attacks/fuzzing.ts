import type { Attack } from './attack.js';
import { Tally } from './attack.js';
import { Fuzz } from './fuzz/fuzz.js';

export const fuzzing: Attack = {
  name: 'fuzz',
  probeMs: 250,
  async run({ house, one, other }, { seed, runs }) {
    const { operator, api, url } = house.api;
    const app = { operator, api: (key = '') => api(key), url };
    const { operations, sent, statuses, faults } = await new Fuzz(app, one, other, { seed, runs }).run();
    const tally = new Tally();
    for (const [status, count] of Object.entries(statuses)) tally.add(status, count);
    return {
      sent: `${sent.toLocaleString('en')} requests at ${operations} operations, seed ${seed}`,
      came: tally.toString(),
      faults,
    };
  },
};

import { definePlugin } from '../../extension/index.js';
import { SimulatorProvider } from './simulator.provider.js';

export const simulator = definePlugin({
  name: '@chatapi/simulator',
  compatibility: '^1.0.0',
  providers: [SimulatorProvider],
});

import {
  delivered,
  DeliveryProvider,
  gone,
  type Outcome,
  type Provider,
  type ProviderContext,
  providerFault,
  rejected,
  retryLater,
  Text,
} from '../../extension/index.js';
import { fateOf } from './simulator.rules.js';

export class SimulatorSettings {
  @Text({
    min: 1,
    max: 16,
    example: 'email',
    description:
      'The channel it stands in for. How a delivery ends is in its recipient: delivered@, bounced@, complained@, failed@, ' +
      'timeout@, slow@, busy@ and gone@simulator.test (an address, or the token of a device); +15550000000 to ' +
      '+15550000007 in the same order; https://simulator.test/bounced and so on (a webhook, or the endpoint of a ' +
      'browser). Anybody else is delivered.',
  })
  readonly channel: string;
}

const SLOW_MS = 2_000;

/** Walks every way a delivery can go, by magic recipients; whoever else is `delivered`. */
@DeliveryProvider({
  kind: 'simulator',
  channels: 'all',
  title: 'Simulator',
  settings: SimulatorSettings,
  deadlineSeconds: 30,
})
export class SimulatorProvider implements Provider<SimulatorSettings, object> {
  async send({ signal, deliveryId }: ProviderContext<SimulatorSettings>, message: object): Promise<Outcome> {
    switch (fateOf(message)) {
      case 'bounced':
        return rejected('hard_bounce', '550 no such user');
      case 'failed':
        return rejected('provider_rejected', '554 refused');
      case 'gone':
        return gone('410 it is no more');
      case 'busy':
        return retryLater('450 try again later');
      case 'timeout':
        await ended(signal);
        return providerFault('no answer', { timedOut: true });
      case 'slow':
        await Promise.race([ended(signal), new Promise((resolve) => setTimeout(resolve, SLOW_MS))]);
        return delivered(deliveryId);
      case 'complained':
        return { ...delivered(deliveryId), recipientSaid: 'complained' };
      default:
        return delivered(deliveryId);
    }
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );

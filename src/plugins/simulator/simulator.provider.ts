import {
  delivered,
  DeliveryProvider,
  type EmailMessage,
  OneOf,
  type Outcome,
  type Provider,
  type ProviderContext,
  providerFault,
  rejected,
  retryLater,
} from '../../extension/index.js';

export class SimulatorSettings {
  @OneOf(['email'], { example: 'email', description: 'The channel it stands in for' })
  readonly channel: 'email';
}

const SLOW_MS = 2_000;

/** Walks every way a delivery can go, by magic recipients at `simulator.test`; whoever else is `delivered`. */
@DeliveryProvider({
  kind: 'simulator',
  channels: ['email'],
  title: 'Simulator',
  settings: SimulatorSettings,
  deadlineSeconds: 30,
})
export class SimulatorProvider implements Provider<SimulatorSettings, EmailMessage> {
  async send({ signal, deliveryId }: ProviderContext<SimulatorSettings>, { to }: EmailMessage): Promise<Outcome> {
    switch (to.address) {
      case 'bounced@simulator.test':
        return rejected('hard_bounce', '550 no such user');
      case 'failed@simulator.test':
        return rejected('provider_rejected', '554 refused');
      case 'busy@simulator.test':
        return retryLater('450 try again later');
      case 'timeout@simulator.test':
        await ended(signal);
        return providerFault('no answer', { timedOut: true });
      case 'slow@simulator.test':
        await Promise.race([ended(signal), new Promise((resolve) => setTimeout(resolve, SLOW_MS))]);
        return delivered(deliveryId);
      default:
        return delivered(deliveryId);
    }
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );

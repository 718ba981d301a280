import {
  type CallContext,
  delivered,
  DeliveryProvider,
  gone,
  type Outcome,
  type Polled,
  type Provider,
  type ProviderContext,
  providerFault,
  type Receipt,
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
/** Complaints that nobody asked for. */
const COMPLAINTS_MAX = 1_000;

/** Walks every way a delivery can go, by magic recipients; whoever else is `delivered`. */
@DeliveryProvider({
  kind: 'simulator',
  channels: 'all',
  title: 'Simulator',
  settings: SimulatorSettings,
  deadlineSeconds: 30,
})
export class SimulatorProvider implements Provider<SimulatorSettings, object> {
  /** By the address that a provider's events are for: each provider has its own. */
  private readonly complaints = new Map<string, Receipt[]>();

  async send(context: ProviderContext<SimulatorSettings>, message: object): Promise<Outcome> {
    const { signal, deliveryId } = context;
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
        this.complain(context);
        return delivered(deliveryId);
      default:
        return delivered(deliveryId);
    }
  }

  /** Those who complained since the last time, in this process. */
  poll({ eventsUrl }: CallContext<SimulatorSettings>, since: Date): Promise<Polled> {
    const receipts = this.complaints.get(eventsUrl ?? '') ?? [];
    this.complaints.delete(eventsUrl ?? '');
    return Promise.resolve({ receipts, until: receipts.at(-1)?.at ?? since });
  }

  private complain({ eventsUrl, deliveryId }: ProviderContext<SimulatorSettings>): void {
    if (eventsUrl === null) return;
    const known = this.complaints.get(eventsUrl) ?? [];
    const complaint: Receipt = { token: `${deliveryId}:complained`, kind: 'complained', at: new Date(), deliveryId };
    this.complaints.set(eventsUrl, [...known, complaint].slice(-COMPLAINTS_MAX));
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );

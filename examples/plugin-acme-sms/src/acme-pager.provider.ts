import { delivered, DeliveryProvider, type Outcome, type Provider, type ProviderContext } from 'chatapi';
import { post } from './acme.client.js';
import { AcmeSettings } from './acme.settings.js';
import type { PagerMessage } from './pager.channel.js';

/** Acme answers when the pager has beeped, so `sent` is `delivered` here. */
@DeliveryProvider({
  kind: 'acme-pager',
  channels: ['pager'],
  title: 'Acme pagers',
  settings: AcmeSettings,
  confirms: true,
})
export class AcmePager implements Provider<AcmeSettings, PagerMessage> {
  async send(context: ProviderContext<AcmeSettings>, { pager, text }: PagerMessage): Promise<Outcome> {
    const outcome = await post(context, '/v1/pages', { pager, text, reference: context.deliveryId });
    return outcome.kind === 'sent' ? delivered(outcome.reference) : outcome;
  }
}

import {
  type CallContext,
  DeliveryProvider,
  detailOf,
  type Outcome,
  type Provider,
  type ProviderContext,
  type Receipt,
  type ReceiptRequest,
  type SmsMessage,
} from 'chatapi';
import { callAcme, post } from './acme.client.js';
import { receiptsOf } from './acme.events.js';
import { AcmeSettings } from './acme.settings.js';

/** Serves `sms`, a channel of the house. */
@DeliveryProvider({ kind: 'acme-sms', channels: ['sms'], title: 'Acme SMS', settings: AcmeSettings, confirms: true })
export class AcmeSms implements Provider<AcmeSettings, SmsMessage> {
  send(context: ProviderContext<AcmeSettings>, { to, text, from }: SmsMessage): Promise<Outcome> {
    const { deliveryId: reference, eventsUrl } = context;
    return post(context, '/v1/messages', { to, text, from, reference, eventsUrl });
  }

  async verify(context: CallContext<AcmeSettings>): Promise<void> {
    const answer = await callAcme(context, '/v1/account');
    if (answer.status !== 200) throw new Error(detailOf(answer));
  }

  receipts({ signingSecret }: AcmeSettings, request: ReceiptRequest): Receipt[] {
    return receiptsOf(request, signingSecret);
  }
}

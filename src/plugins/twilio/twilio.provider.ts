import {
  type CallContext,
  DeliveryProvider,
  detailOf,
  type HttpCall,
  isUuid,
  type Outcome,
  outcomeOfLoss,
  type Provider,
  type ProviderContext,
  type Receipt,
  type ReceiptRequest,
  rejected,
  type SmsMessage,
} from '../../extension/index.js';
import { formOf, outcomeOf, receiptsOf } from './twilio.rules.js';
import { TwilioSettings } from './twilio.settings.js';
import { signedFieldsOf } from './twilio.signature.js';

const DEFAULT_URL = 'https://api.twilio.com';

/**
 * Text messages through Twilio. It cannot tell a repeat, and a person would get it twice: what may have been taken is
 * not sent again.
 */
@DeliveryProvider({ kind: 'twilio', channels: ['sms'], title: 'Twilio', settings: TwilioSettings, confirms: true })
export class TwilioProvider implements Provider<TwilioSettings, SmsMessage> {
  async send(context: ProviderContext<TwilioSettings>, message: SmsMessage): Promise<Outcome> {
    const { settings, eventsUrl, deliveryId } = context;
    const form = formOf(message, settings, eventsUrl && `${eventsUrl}?delivery=${deliveryId}`);
    if (!form) return rejected('provider_rejected', 'Neither the message nor the settings name a sender.');
    try {
      return outcomeOf(await this.call(context, '/Messages.json', { method: 'POST', body: form.toString() }));
    } catch (error) {
      return outcomeOfLoss(error);
    }
  }

  async verify(context: CallContext<TwilioSettings>): Promise<void> {
    const answer = await this.call(context, '.json', {});
    if (answer.status !== 200) throw new Error(detailOf(answer));
  }

  receipts({ authToken }: TwilioSettings, request: ReceiptRequest): Receipt[] {
    const fields = signedFieldsOf(request, authToken);
    const { delivery } = request.query;
    return receiptsOf(fields, isUuid(delivery) ? delivery : undefined, new Date());
  }

  private call({ settings, fetch }: CallContext<TwilioSettings>, path: string, call: HttpCall) {
    const { accountSid, authToken, baseUrl = DEFAULT_URL } = settings;
    return fetch(`${baseUrl.replace(/\/$/, '')}/2010-04-01/Accounts/${accountSid}${path}`, {
      ...call,
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
        ...(call.body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
    });
  }
}

import {
  type Address,
  type Channel,
  DeliveryChannel,
  type Destination,
  isPhoneNumber,
  type Party,
  type SmsContent,
  type SmsMessage,
  Text,
} from '../../extension/index.js';

/** Ten segments of GSM 7-bit. */
const TEXT_MAX = 1_600;
/** E.164, or an alphanumeric sender (3GPP TS 23.040) or a short code. */
const SENDER = /^(\+[1-9]\d{5,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/;

export class SmsContentFields implements SmsContent {
  @Text({ min: 1, max: TEXT_MAX, example: 'Your code is 4711.' })
  readonly text: string;
  @Text({ max: 16, pattern: SENDER, optional: true, example: 'SHOP', description: 'A number, short code or name' })
  readonly from?: string;
}

/** Text messages, to a number that was named or is the user's. */
@DeliveryChannel({ name: 'sms', title: 'SMS', content: SmsContentFields, disturbs: true, whenLost: 'held' })
export class SmsChannel implements Channel<SmsContent, SmsMessage> {
  addressesOf({ phone, name, user }: Party): Address[] {
    const recipient = phone ?? user?.phone ?? null;
    return recipient === null ? [] : [{ recipient, name: name ?? user?.displayName ?? null }];
  }

  /** In E.164 form, without what people put between the digits. */
  normalised(address: string): string | null {
    const digits = address.replaceAll(/[\s().-]/g, '');
    return isPhoneNumber(digits) ? digits : null;
  }

  messageOf({ text, from }: SmsContent, { recipient }: Destination): SmsMessage {
    return { to: recipient, text, from: from ?? null };
  }
}

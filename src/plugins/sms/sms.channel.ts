import {
  type Address,
  type Channel,
  type ContentFault,
  DeliveryChannel,
  type Destination,
  isPhoneNumber,
  type Party,
  type SmsContent,
  type SmsMessage,
  Text,
} from '../../extension/index.js';
import { partsOf, SMS_LIMITS } from './sms.limits.js';

/** E.164, or an alphanumeric sender (3GPP TS 23.040) or a short code. */
const SENDER = /^(\+[1-9]\d{5,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/;

export class SmsContentFields implements SmsContent {
  @Text({ min: 1, max: SMS_LIMITS.textLength, example: 'Your code is 4711.' })
  readonly text: string;
  @Text({
    max: SMS_LIMITS.senderLength,
    pattern: SENDER,
    optional: true,
    example: 'SHOP',
    description: 'A number, short code or name',
  })
  readonly from?: string;
}

/** Text messages, to a number that was named or is the user's. */
@DeliveryChannel({
  name: 'sms',
  title: 'SMS',
  content: SmsContentFields,
  limits: SMS_LIMITS,
  disturbs: true,
  whenLost: 'held',
})
export class SmsChannel implements Channel<SmsContent, SmsMessage> {
  faultsOf({ text }: SmsContent): ContentFault[] {
    const parts = partsOf(text);
    if (parts <= SMS_LIMITS.parts) return [];
    const message = `text takes ${parts} parts in its alphabet, and ${SMS_LIMITS.parts} are sent at most`;
    return [{ pointer: '/text', code: 'max_parts', message }];
  }

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

import { ValidateBy, type ValidationArguments } from 'class-validator';
import { Secret, Text, Url } from '../../extension/index.js';

const SID = /^[A-Za-z0-9]+$/;

const Without = (other: string): PropertyDecorator =>
  ValidateBy({
    name: 'without',
    validator: {
      validate: (_value, args?: ValidationArguments) => (args?.object as Record<string, unknown>)[other] === undefined,
      defaultMessage: () => `$property and ${other} exclude each other`,
    },
  });

export class TwilioSettings {
  @Text({ min: 1, max: 64, pattern: SID, example: 'AC00000000000000000000000000000000' })
  readonly accountSid: string;
  @Secret()
  @Text({ min: 1, max: 200, example: '••••', description: 'Also what Twilio signs its status callbacks with' })
  readonly authToken: string;
  @Text({
    min: 1,
    max: 16,
    pattern: /^(\+[1-9]\d{5,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/,
    optional: true,
    example: '+15005550006',
    description: 'The sender when a notification names none',
  })
  readonly from?: string;
  @Without('from')
  @Text({
    min: 1,
    max: 64,
    pattern: SID,
    optional: true,
    example: 'MG00000000000000000000000000000000',
    description: 'Instead of from: a messaging service that chooses the sender',
  })
  readonly messagingServiceSid?: string;
  @Url({ optional: true, default: 'https://api.twilio.com', example: 'https://api.dublin.ie1.twilio.com' })
  readonly baseUrl?: string;
}

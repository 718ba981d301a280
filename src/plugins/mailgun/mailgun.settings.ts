import { Email, Secret, Text, Url } from '../../extension/index.js';

export class MailgunSettings {
  @Secret()
  @Text({
    min: 1,
    max: 200,
    example: '••••',
    description: 'A key of the account, or one of the domain that may only send',
  })
  readonly apiKey: string;
  @Text({
    min: 1,
    max: 253,
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/,
    example: 'mg.example.com',
    description: 'The sending domain',
  })
  readonly domain: string;
  @Email({ description: 'The sender when a notification names none', example: 'shop@mg.example.com' })
  readonly from: string;
  @Url({
    optional: true,
    default: 'https://api.mailgun.net',
    example: 'https://api.eu.mailgun.net',
    description: 'https://api.eu.mailgun.net for a domain of the EU region',
  })
  readonly baseUrl?: string;
  @Secret()
  @Text({
    min: 1,
    max: 200,
    optional: true,
    example: '••••',
    description: 'What Mailgun signs its events with; without it they are refused',
  })
  readonly webhookSigningKey?: string;
}

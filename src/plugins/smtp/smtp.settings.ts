import { Email, Flag, Int, Part, Secret, Text } from '../../extension/index.js';

export class SmtpTlsSettings {
  @Flag({ optional: true, default: true, description: 'Off only for a server with a certificate of its own making' })
  readonly rejectUnauthorized?: boolean;
}

export class SmtpSettings {
  @Text({ min: 1, max: 253, example: 'smtp.example.com' })
  readonly host: string;
  @Int({ min: 1, max: 65_535, example: 587 })
  readonly port: number;
  @Flag({
    optional: true,
    default: false,
    description: 'TLS from the first byte (port 465); else STARTTLS when the server offers it',
  })
  readonly secure?: boolean;
  @Text({ max: 255, optional: true, example: 'postmaster' })
  readonly username?: string;
  @Secret()
  @Text({ max: 1_000, optional: true, example: '••••' })
  readonly password?: string;
  @Email({ description: 'The sender when a notification names none', example: 'shop@example.com' })
  readonly from: string;
  @Part(() => SmtpTlsSettings, { optional: true })
  readonly tls?: SmtpTlsSettings;
}

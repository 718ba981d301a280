import { createHash } from 'node:crypto';
import { isIP, Socket } from 'node:net';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import {
  DeliveryProvider,
  type EmailMessage,
  type Outcome,
  type Provider,
  type ProviderContext,
  sent,
} from '../../extension/index.js';
import { outcomeOf, refusalOf, type SmtpFailure } from './smtp.rules.js';
import { SmtpSettings } from './smtp.settings.js';

const CONNECTIONS = 20;
const MESSAGES_PER_CONNECTION = 500;
/** The library's own are idle times and default to minutes; the total deadline is the signal's. */
const IDLE_MS = 25_000;
const MAX_POOLS = 200;
/** A connection that was lost before it took a mail is replaced once; more tries are for the timeline to show. */
const MAX_REQUEUES = 1;

interface Reply {
  readonly response?: string;
  readonly rejectedErrors?: readonly SmtpFailure[];
}

type Verification = Pick<ProviderContext<SmtpSettings>, 'settings' | 'signal' | 'addressOf'>;

/** Mail through the client's own SMTP server, over pooled connections. */
@DeliveryProvider({ kind: 'smtp', channels: ['email'], title: 'SMTP', settings: SmtpSettings, deadlineSeconds: 30 })
export class SmtpProvider implements Provider<SmtpSettings, EmailMessage> {
  private readonly pools = new Map<string, Transporter>();

  async send(
    { settings, signal, deliveryId, addressOf }: ProviderContext<SmtpSettings>,
    message: EmailMessage,
  ): Promise<Outcome> {
    try {
      const pool = this.pool(settings, await addressOf(settings.host));
      // The library's timeouts are idle times, which a server that drips a byte a second outlasts: the signal is a deadline.
      const reply = (await pool.sendMail({ ...mailOf(settings, deliveryId, message), signal })) as Reply;
      const refusal = refusalOf(reply, message.to.address); // while a copy was taken
      return refusal
        ? outcomeOf(refusal, message.to.address)
        : sent(`<${messageIdOf(settings, deliveryId, message)}>`, reply.response);
    } catch (error) {
      return outcomeOf(error, message.to.address);
    }
  }

  async verify({ settings, signal, addressOf }: Verification): Promise<void> {
    const socket = new Socket().on('error', () => undefined); // the library says what happened
    const address = await addressOf(settings.host);
    const cut = () => socket.destroy(new Error('The server did not answer in time.'));
    signal.addEventListener('abort', cut, { once: true });
    try {
      await createTransport({ ...optionsOf(settings, address), socket }).verify();
    } finally {
      signal.removeEventListener('abort', cut);
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    for (const pool of this.pools.values()) pool.close();
    this.pools.clear();
    await Promise.resolve();
  }

  /** Kept by what the settings say; a changed setting is another pool. */
  private pool(settings: SmtpSettings, address: string): Transporter {
    const name = createHash('sha256')
      .update(JSON.stringify([settings, address]))
      .digest('base64url');
    const known = this.pools.get(name);
    if (known) return known;
    for (const [oldest, pool] of this.pools) {
      if (this.pools.size < MAX_POOLS) break;
      this.pools.delete(oldest);
      pool.close(); // what it is sending ends first
    }
    const pool = createTransport({
      ...optionsOf(settings, address),
      pool: true,
      maxConnections: CONNECTIONS,
      maxMessages: MESSAGES_PER_CONNECTION,
      maxRequeues: MAX_REQUEUES,
    });
    this.pools.set(name, pool);
    return pool;
  }
}

const optionsOf = (settings: SmtpSettings, address: string) => ({
  host: address,
  port: settings.port,
  secure: settings.secure ?? false,
  ...(settings.username && { auth: { user: settings.username, pass: settings.password ?? '' } }),
  // The name that the certificate is for; an address is none (RFC 6066 3), and checked as the one connected to.
  tls: {
    ...(isIP(bare(settings.host)) === 0 && { servername: settings.host }),
    rejectUnauthorized: settings.tls?.rejectUnauthorized ?? true,
  },
  connectionTimeout: IDLE_MS,
  greetingTimeout: IDLE_MS,
  socketTimeout: IDLE_MS,
  disableFileAccess: true,
  disableUrlAccess: true,
});

/** IPv6 as it is without brackets. */
const bare = (host: string): string => host.replace(/^\[|\]$/g, '');

/** The same over all tries, whichever provider a mail of this sender goes through. */
const messageIdOf = (settings: SmtpSettings, deliveryId: string, { from }: EmailMessage): string =>
  `${deliveryId}@${(from?.address ?? settings.from).split('@')[1] ?? 'localhost'}`;

/** Addresses travel as objects with an envelope of their own: never as text that a parser might read otherwise. */
function mailOf(settings: SmtpSettings, deliveryId: string, message: EmailMessage): SendMailOptions {
  const from = message.from ?? { name: '', address: settings.from };
  return {
    from,
    to: [message.to],
    cc: message.cc.map((address) => ({ name: '', address })),
    ...(message.replyTo && { replyTo: message.replyTo }),
    envelope: { from: from.address, to: [message.to.address, ...message.cc, ...message.bcc] },
    messageId: `<${messageIdOf(settings, deliveryId, message)}>`,
    subject: message.subject,
    ...(message.text !== null && { text: message.text }),
    ...(message.html !== null && { html: message.html }),
    headers: Object.entries(message.headers).map(([key, value]) => ({ key, value })),
    attachments: message.attachments.map(({ name, contentType, content, contentId }) => ({
      filename: name,
      contentType,
      content,
      ...(contentId && { cid: contentId }),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

import { createHash } from 'node:crypto';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import {
  DeliveryProvider,
  type EmailMessage,
  type Outcome,
  type Provider,
  type ProviderContext,
  sent,
} from '../../extension/index.js';
import { outcomeOf } from './smtp.rules.js';
import { SmtpSettings } from './smtp.settings.js';

const CONNECTIONS = 20;
const MESSAGES_PER_CONNECTION = 500;
/** The library's own are idle times and default to minutes; the total deadline is the signal's. */
const IDLE_MS = 25_000;
const MAX_POOLS = 200;

interface Reply {
  readonly response?: string;
}

/** Mail through the client's own SMTP server, over pooled connections. */
@DeliveryProvider({ kind: 'smtp', channels: ['email'], title: 'SMTP', settings: SmtpSettings })
export class SmtpProvider implements Provider<SmtpSettings, EmailMessage> {
  private readonly pools = new Map<string, Transporter>();

  async send(
    { settings, signal, deliveryId, addressOf }: ProviderContext<SmtpSettings>,
    message: EmailMessage,
  ): Promise<Outcome> {
    try {
      const pool = await this.pool(settings, addressOf);
      const reply = await this.untilAborted(
        signal,
        settings,
        () => pool.sendMail(mailOf(settings, deliveryId, message)) as Promise<Reply>,
      );
      return sent(`<${messageIdOf(settings, deliveryId)}>`, reply.response);
    } catch (error) {
      return outcomeOf(error, signal.aborted);
    }
  }

  async verify({
    settings,
    signal,
    addressOf,
  }: Pick<ProviderContext<SmtpSettings>, 'settings' | 'signal' | 'addressOf'>): Promise<void> {
    const pool = await this.pool(settings, addressOf);
    await this.untilAborted(signal, settings, () => pool.verify());
  }

  async close(): Promise<void> {
    for (const pool of this.pools.values()) pool.close();
    this.pools.clear();
    await Promise.resolve();
  }

  /** Kept by what the settings say; a changed setting is another pool. */
  private async pool(settings: SmtpSettings, addressOf: (host: string) => Promise<string>): Promise<Transporter> {
    const address = await addressOf(settings.host);
    const name = nameOf(settings, address);
    const known = this.pools.get(name);
    if (known) return known;
    const oldest = this.pools.size >= MAX_POOLS ? this.pools.keys().next().value : undefined;
    if (oldest !== undefined) this.drop(oldest);
    const pool = createTransport({
      pool: true,
      maxConnections: CONNECTIONS,
      maxMessages: MESSAGES_PER_CONNECTION,
      host: address,
      port: settings.port,
      secure: settings.secure ?? false,
      ...(settings.username && { auth: { user: settings.username, pass: settings.password ?? '' } }),
      tls: { servername: settings.host, rejectUnauthorized: settings.tls?.rejectUnauthorized ?? true },
      connectionTimeout: IDLE_MS,
      greetingTimeout: IDLE_MS,
      socketTimeout: IDLE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.pools.set(name, pool);
    return pool;
  }

  private drop(name: string): void {
    this.pools.get(name)?.close();
    this.pools.delete(name);
  }

  /** A server that drips a byte a second outlasts every timeout of the library: at the deadline its connections are cut. */
  private async untilAborted<T>(signal: AbortSignal, settings: SmtpSettings, act: () => Promise<T>): Promise<T> {
    let cut: (() => void) | undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      cut = () => {
        for (const name of [...this.pools.keys()]) if (name.startsWith(prefixOf(settings))) this.drop(name);
        reject(new Error('The deadline has passed.'));
      };
      if (signal.aborted) cut();
      signal.addEventListener('abort', cut, { once: true });
    });
    return Promise.race([act(), aborted]).finally(() => cut && signal.removeEventListener('abort', cut));
  }
}

const prefixOf = (settings: SmtpSettings): string =>
  createHash('sha256').update(JSON.stringify(settings)).digest('base64url');
const nameOf = (settings: SmtpSettings, address: string): string => `${prefixOf(settings)} ${address}`;

const messageIdOf = ({ from }: SmtpSettings, deliveryId: string): string =>
  `${deliveryId}@${from.split('@')[1] ?? 'localhost'}`;

/** Addresses travel as objects with an envelope of their own: never as text that a parser might read otherwise. */
function mailOf(settings: SmtpSettings, deliveryId: string, message: EmailMessage): SendMailOptions {
  const from = message.from ?? { name: '', address: settings.from };
  return {
    from,
    to: [message.to],
    cc: message.cc.map((address) => ({ name: '', address })),
    ...(message.replyTo && { replyTo: message.replyTo }),
    envelope: { from: from.address, to: [message.to.address, ...message.cc, ...message.bcc] },
    messageId: `<${messageIdOf(settings, deliveryId)}>`,
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

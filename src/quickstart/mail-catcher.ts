import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { CaughtMail } from './caught-mail.js';
import type { Home } from './home.js';
import { mailPage } from './mail-page.js';
import { choosePort } from './ports.js';

export interface MailCatcherPorts {
  readonly smtp: number;
  readonly web: number;
}

const LOOPBACK = '127.0.0.1';
const MAX_MAIL_BYTES = 50 * 1024 * 1024;
/** The oldest go first; enough to look at, little enough to hold in memory. */
const MAX_MAILS = 1_000;
const MAX_TOTAL_BYTES = 128 * 1024 * 1024;

/** Takes every mail, delivers none: SMTP in, a page and its JSON out. */
export class MailCatcher {
  private readonly mails: CaughtMail[] = [];
  private bytes = 0;
  private readonly smtp: SMTPServer;
  private readonly web: Server;

  constructor() {
    this.smtp = new SMTPServer({
      authOptional: true,
      // Clients try STARTTLS when it is offered, and would refuse a certificate that nobody signed.
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      disableReverseLookup: true,
      size: MAX_MAIL_BYTES,
      onAuth: (auth, _session, done) => done(null, { user: auth.username }),
      onData: (stream, session, done) => void this.receive(stream, session).then(() => done(), done),
    });
    this.web = createServer((request, response) => mailPage(this.mails, request, response));
  }

  get received(): readonly CaughtMail[] {
    return this.mails;
  }

  get smtpUrl(): string {
    return `smtp://${LOOPBACK}:${portOf(this.smtp.server.address())}`;
  }

  /** `GET /` is a page, `/email` its JSON, `/email/{id}/source` the raw mail. */
  get webUrl(): string {
    return `http://${LOOPBACK}:${portOf(this.web.address())}`;
  }

  async start({ smtp, web }: MailCatcherPorts): Promise<void> {
    this.smtp.listen(smtp, LOOPBACK);
    this.web.listen(web, LOOPBACK);
    await Promise.all([once(this.smtp.server, 'listening'), once(this.web, 'listening')]);
    // A client that hangs up in the middle of a mail is its own business.
    this.smtp.on('error', () => undefined);
  }

  async stop(): Promise<void> {
    this.web.closeAllConnections();
    await Promise.all([
      new Promise<void>((resolve) => void this.web.close(() => resolve())),
      new Promise<void>((resolve) => this.smtp.close(() => resolve())),
    ]);
  }

  private async receive(stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<void> {
    const raw = await buffer(stream);
    if (stream.sizeExceeded) throw Object.assign(new Error('Message too large'), { responseCode: 552 });
    this.keep({
      id: randomBytes(8).toString('hex'),
      receivedAt: new Date().toISOString(),
      from: envelope.mailFrom ? envelope.mailFrom.address : '',
      to: envelope.rcptTo.map(({ address }) => address),
      raw,
    });
  }

  private keep(mail: CaughtMail): void {
    this.mails.push(mail);
    this.bytes += mail.raw.length;
    while (this.mails.length > MAX_MAILS || (this.bytes > MAX_TOTAL_BYTES && this.mails.length > 1)) {
      this.bytes -= this.mails.shift()?.raw.length ?? 0;
    }
  }
}

/** The quickstart's catcher, at the addresses of the last start where they are free. */
export async function startMailCatcher(home: Home): Promise<MailCatcher> {
  const { smtpPort, mailPort } = home.remembered();
  const [smtp, web] = await Promise.all([choosePort(smtpPort), choosePort(mailPort)]);
  home.remember({ smtpPort: smtp, mailPort: web });
  const catcher = new MailCatcher();
  await catcher.start({ smtp, web });
  return catcher;
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address ? address.port : 0;

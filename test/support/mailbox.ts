import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerAddress } from 'smtp-server';

/** A mail that a real SMTP server took. */
export interface ReceivedMail {
  readonly raw: Buffer;
  readonly mail: ParsedMail;
  readonly from: string;
  readonly recipients: readonly string[];
}

/** How the server answers, by recipient: nothing for "250 OK". Rejections carry the SMTP reply code. */
export type Manners = (
  recipient: string,
  stage: 'rcpt' | 'data',
) => { code: number; text: string } | 'hang' | undefined;

export interface Mailbox {
  readonly port: number;
  readonly received: ReceivedMail[];
  /** Replaces how it answers from now on. */
  behave(manners: Manners): void;
  close(): Promise<void>;
}

/** A real SMTP server on the loopback, which keeps what it gets and refuses what it is told to. */
export async function aMailbox(): Promise<Mailbox> {
  const received: ReceivedMail[] = [];
  let manners: Manners = () => undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    hideSize: true,
    onRcptTo: ({ address }: SMTPServerAddress, _session, callback) => answer(manners(address, 'rcpt'), callback),
    onData: (stream, { envelope }, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const recipients = envelope.rcptTo.map(({ address }) => address);
        const verdict = manners(recipients[0] ?? '', 'data');
        if (verdict !== undefined) return answer(verdict, callback);
        const raw = Buffer.concat(chunks);
        void simpleParser(raw).then((mail) => {
          received.push({ raw, mail, from: envelope.mailFrom ? envelope.mailFrom.address : '', recipients });
          callback();
        });
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    behave: (next) => (manners = next),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function answer(verdict: ReturnType<Manners>, callback: (error?: Error) => void): void {
  if (verdict === 'hang') return;
  if (verdict === undefined) return callback();
  callback(Object.assign(new Error(verdict.text), { responseCode: verdict.code }));
}

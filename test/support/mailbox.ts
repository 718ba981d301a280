import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerAddress } from 'smtp-server';

/** A mail that a real SMTP server took. */
export interface ReceivedMail {
  readonly raw: Buffer;
  readonly mail: ParsedMail;
  readonly from: string;
  readonly recipients: readonly string[];
}

type Verdict = { code: number; text: string } | 'hang' | 'keep and hang' | undefined;

/** How the server answers, by recipient: nothing for "250 OK". Rejections carry the SMTP reply code. */
export type Manners = (recipient: string, stage: 'rcpt' | 'data') => Verdict;

export interface Mailbox {
  readonly port: number;
  readonly received: ReceivedMail[];
  /** How often somebody connected. */
  connections(): number;
  /** Every address that was offered with RCPT, taken or not. */
  readonly offered: string[];
  /** Replaces how it answers from now on. */
  behave(manners: Manners): void;
  close(): Promise<void>;
}

/** A real SMTP server on the loopback, which keeps what it gets and refuses what it is told to. */
export async function aMailbox(login?: { user: string; pass: string }): Promise<Mailbox> {
  const received: ReceivedMail[] = [];
  const offered: string[] = [];
  let connections = 0;
  let manners: Manners = () => undefined;
  const server = new SMTPServer({
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    hideSize: true,
    closeTimeout: 100, // pools keep their connections open
    onConnect: (_session, callback) => {
      connections++;
      callback();
    },
    onAuth: ({ username, password }, _session, callback) =>
      username === login?.user && password === login?.pass
        ? callback(null, { user: username })
        : answer({ code: 535, text: `5.7.8 bad credentials ${password ?? ''}` }, callback),
    onRcptTo: ({ address }: SMTPServerAddress, _session, callback) => {
      offered.push(address);
      answer(manners(address, 'rcpt'), callback);
    },
    onData: (stream, { envelope }, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const recipients = envelope.rcptTo.map(({ address }) => address);
        const verdict = manners(recipients[0] ?? '', 'data');
        if (verdict !== undefined && verdict !== 'keep and hang') return answer(verdict, callback);
        const raw = Buffer.concat(chunks);
        void simpleParser(raw).then((mail) => {
          received.push({ raw, mail, from: envelope.mailFrom ? envelope.mailFrom.address : '', recipients });
          answer(verdict, callback);
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
    offered,
    connections: () => connections,
    behave: (next) => (manners = next),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function answer(verdict: Verdict, callback: (error?: Error) => void): void {
  if (verdict === 'hang' || verdict === 'keep and hang') return;
  if (verdict === undefined) return callback();
  callback(Object.assign(new Error(verdict.text), { responseCode: verdict.code }));
}

export interface Listener {
  readonly port: number;
  /** Connections that were ever made. */
  made(): number;
  /** Those that are open now. */
  open(): number;
  close(): Promise<void>;
}

/** A server that takes connections and does with them as it likes: for those that are not what they should be. */
export async function aListener(welcome: (socket: Socket) => void = () => undefined): Promise<Listener> {
  const sockets = new Set<Socket>();
  let made = 0;
  const server = createServer((socket) => {
    made++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    welcome(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    made: () => made,
    open: () => sockets.size,
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Says a greeting without end, a byte at a time: never idle, never done. */
export function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('2'), 200);
  socket.on('close', () => clearInterval(timer));
}

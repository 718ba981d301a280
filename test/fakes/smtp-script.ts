import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** When the server says something. `content` is after the dot that ends a mail. */
export type SmtpStage = 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'content' | 'quit';

/**
 * Lines as they are sent; or `hang` says nothing, `drop` ends the connection, `drip` says a reply without end, a byte at
 * a time.
 */
export type SmtpScript = Readonly<Partial<Record<SmtpStage, string>>>;

export interface ScriptedSmtp {
  readonly port: number;
  /** Every command, in order; a mail's content as one line `<content>`. */
  readonly heard: string[];
  /** Replaces what it says from now on. */
  play(script: SmtpScript): void;
  /** Says something on every connection that is open. */
  answer(reply: string): void;
  /** Ends every connection. */
  hangUp(): void;
  /** Connections that are open now. */
  open(): number;
  made(): number;
  close(): Promise<void>;
}

const DRIP_MS = 25;
const WELL: Readonly<Record<SmtpStage, string>> = {
  greeting: '220 scripted ESMTP',
  ehlo: '250 scripted',
  mail: '250 2.1.0 ok',
  rcpt: '250 2.1.5 ok',
  data: '354 go on',
  content: '250 2.0.0 taken',
  quit: '221 bye',
};
const STAGES: readonly [RegExp, SmtpStage][] = [
  [/^(EHLO|HELO)/i, 'ehlo'],
  [/^MAIL/i, 'mail'],
  [/^RCPT/i, 'rcpt'],
  [/^DATA/i, 'data'],
  [/^QUIT/i, 'quit'],
];

/** SMTP on a bare socket, which a library that keeps the rules could not break: each stage says what the script has. */
export async function aScriptedSmtp(script: SmtpScript = {}): Promise<ScriptedSmtp> {
  const sockets = new Set<Socket>();
  const heard: string[] = [];
  let played = script;
  let made = 0;
  const server = createServer((socket) => {
    made++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    converse(socket, heard, (stage) => played[stage] ?? WELL[stage]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    play: (next) => (played = next),
    answer: (reply) => sockets.forEach((socket) => say(socket, reply)),
    hangUp: () => sockets.forEach((socket) => socket.destroy()),
    open: () => sockets.size,
    made: () => made,
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function converse(socket: Socket, heard: string[], replyAt: (stage: SmtpStage) => string): void {
  let buffer = '';
  let inContent = false;
  const answer = (stage: SmtpStage): void => {
    const reply = replyAt(stage);
    if (stage === 'data' && reply.startsWith('354')) inContent = true;
    say(socket, reply);
  };
  const take = (end: string): string | undefined => {
    const at = buffer.indexOf(end);
    if (at < 0) return undefined;
    const line = buffer.slice(0, at);
    buffer = buffer.slice(at + end.length);
    return line;
  };
  answer('greeting');
  socket.on('data', (chunk) => {
    buffer += chunk.toString('latin1');
    for (;;) {
      const line = take(inContent ? '\r\n.\r\n' : '\r\n');
      if (line === undefined) return;
      heard.push(inContent ? '<content>' : line);
      const stage = inContent ? 'content' : STAGES.find(([command]) => command.test(line))?.[1];
      inContent = false;
      if (stage) answer(stage);
      else say(socket, '502 5.5.1 what?');
    }
  });
}

function say(socket: Socket, reply: string): void {
  if (reply === 'hang') return;
  if (reply === 'drop') return void socket.destroy();
  if (reply !== 'drip') return void socket.write(`${reply}\r\n`);
  socket.write('250-');
  const timer = setInterval(() => socket.write('x'), DRIP_MS);
  socket.on('close', () => clearInterval(timer));
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ResolvedEnv } from '../config/index.js';
import { Egress } from '../platform/security/index.js';
import { failure, type Finding, ok, said, warning } from './finding.js';

/** A server that mail goes to, as its provider is set. */
export interface MailServer {
  /** What it is called here: a provider's id, never its host. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly secure?: boolean;
  readonly tls?: { readonly rejectUnauthorized?: boolean };
}

const PATIENCE_MS = 5_000;
const CHECK = 'Mail';

/** Connects to the servers, through the guard of outbound connections, and waits to be greeted. Nothing is sent. */
export async function mailFindings(env: ResolvedEnv, servers: readonly MailServer[]): Promise<Finding[]> {
  const findings = [await catcherFinding(env), ...(await Promise.all(servers.map((one) => serverFinding(env, one))))];
  const found = findings.filter((finding) => finding !== null);
  return found.length > 0 ? found : [ok(CHECK, 'no SMTP provider is set')];
}

async function catcherFinding({ MAIL_CATCHER_URL: url }: ResolvedEnv): Promise<Finding | null> {
  if (url === undefined) return null;
  const { hostname: host, port } = new URL(url);
  const fault = await greeting({ name: '', host, port: Number(port) || 25 }, host);
  return fault === null
    ? ok(CHECK, 'the mail catcher answers')
    : failure(CHECK, `the mail catcher does not answer: ${fault}`, 'Start it, or unset MAIL_CATCHER_URL.');
}

async function serverFinding(env: ResolvedEnv, server: MailServer): Promise<Finding> {
  const fault = await new Egress(env).addressOf(server.host).then(
    (address) => greeting(server, address),
    (error: unknown) => said(error),
  );
  return fault === null
    ? ok(CHECK, `the server of ${server.name} answers`)
    : warning(
        CHECK,
        `the server of ${server.name} does not answer: ${fault}`,
        'See that this machine may connect out to its port (many hosts block 25), and that its client set it right.',
      );
}

/** @returns what went wrong; null when it greets as an SMTP server does */
async function greeting({ host, port, secure = false, tls }: MailServer, address: string): Promise<string | null> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const socket: Socket = secure
    ? connectTls({ host: address, port, servername: host, rejectUnauthorized: tls?.rejectUnauthorized ?? true })
    : connect({ host: address, port });
  try {
    const [first] = (await once(socket, 'data', { signal })) as [Buffer];
    const text = first.toString('latin1');
    return /^220[ -]/.test(text) ? null : 'it does not greet as an SMTP server does';
  } catch (error) {
    return signal.aborted ? 'no greeting within five seconds' : (codeOf(error) ?? 'the connection failed');
  } finally {
    socket.destroy();
  }
}

/** The code alone: the message would name the address. */
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

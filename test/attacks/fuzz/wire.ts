import { Agent, request as httpRequest } from 'node:http';
import { assertLoopback } from '../loopback.js';

/** A request as bytes: nothing of it is checked or completed on the way. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as they stand in the first line. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Buffer;
}

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Of the others a server wants to be told that nothing follows. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PROPFIND']);
export const HANG_MS = 10_000;
/** What Node takes of a first line and headers; who sends more may be cut off before they have read why. */
const HEAD_BYTES = 16 * 1024;

/** Sends what no well-behaved client would. */
export class Wire {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });
  private readonly place: { readonly host: string; readonly port: number };

  constructor(url: string) {
    assertLoopback(url);
    const { hostname, port } = new URL(url);
    this.place = { host: hostname, port: Number(port) };
  }

  /** @throws Error when there is no answer within ten seconds, or the connection breaks */
  ask({ method, target, headers, body }: WireRequest): Promise<WireAnswer> {
    const { host, port } = this.place;
    const length = body?.length ?? (BODILESS.has(method) ? undefined : 0);
    const all = [['Host', `${host}:${port}`], ...headers];
    if (length !== undefined) all.push(['Content-Length', String(length)]);
    return new Promise((resolve, reject) => {
      const asking = httpRequest(
        { host, port, method, path: target, headers: all.flat(), agent: this.agent },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => void chunks.push(chunk));
          answer.once('error', reject);
          answer.once('end', () => {
            clearTimeout(timer);
            const { statusCode: status = 0, headers: told } = answer;
            resolve({ status, contentType: told['content-type'] ?? '', text: Buffer.concat(chunks).toString() });
          });
        },
      );
      const timer = setTimeout(() => asking.destroy(new Error(`no answer within ${HANG_MS / 1_000} s`)), HANG_MS);
      asking.once('error', (error) => {
        clearTimeout(timer);
        if (target.length + all.join().length > HEAD_BYTES) resolve({ status: 431, contentType: '', text: '' });
        else reject(error);
      });
      asking.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

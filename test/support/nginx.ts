import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstall, type Program } from '../../src/quickstart/programs.js';
import { eventually } from './eventually.js';
import { aPort } from './ports.js';

const NGINX: Program = { title: 'nginx', names: ['nginx'], apt: ['nginx-light'], brew: 'nginx' };
const PAGE = new URL('../../deploy/nginx/chatapi.conf', import.meta.url).pathname;
/** Long enough to install it. */
export const NGINX_MS = 300_000;

interface Node {
  readonly url: string;
}

/** The load balancer of `deploy/nginx`, in front of these nodes. */
export interface Nginx {
  readonly url: string;
  /** How many requests each node answered, by its address. */
  shares(): Readonly<Record<string, number>>;
  /** Lets a node be, as an operator does before it is stopped. Resolves when no new request goes there. */
  takeOut(node: Node): Promise<void>;
  takeIn(node: Node): Promise<void>;
  close(): Promise<void>;
}

export async function anNginx(nodes: readonly Node[]): Promise<Nginx> {
  const { binary } = await findOrInstall(NGINX, { path: process.env.PATH ?? '', say: (line) => console.log(line) });
  if (!binary) throw new Error('No nginx was found: install one (apt-get install nginx-light, brew install nginx).');
  const folder = mkdtempSync(join(tmpdir(), 'chatapi-nginx-'));
  const port = await aPort();
  const log = join(folder, 'access.log');
  const out = new Set<string>();
  const write = () => writeFileSync(join(folder, 'nginx.conf'), around(folder, pageFor(nodes, out, port)));
  write();
  const child = spawn(binary, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  const isUp = async () => (await fetch(`${url}/api/v1/utils/live`)).ok;
  await eventually(isUp, { withinMs: 10_000 }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const lines = () => readFileSync(log, 'utf8').trim().split('\n');
  const reload = async () => {
    const before = processOf(lines());
    write();
    child.kill('SIGHUP');
    await eventually(async () => (await isUp()) && processOf(lines()) !== before);
  };
  return {
    url,
    shares: () => counted(lines()),
    takeOut: async (node) => {
      out.add(node.url);
      await reload();
    },
    takeIn: async (node) => {
      out.delete(node.url);
      await reload();
    },
    close,
  };
}

/** The page as it is shipped, but for where the nodes are and where it listens. */
function pageFor(nodes: readonly Node[], out: ReadonlySet<string>, port: number): string {
  const page = readFileSync(PAGE, 'utf8');
  const [server = ''] = /server api-replica:8000.*;/.exec(page) ?? [];
  const lineOf = ({ url }: Node) =>
    server.replace('api-replica:8000', `${new URL(url).host}${out.has(url) ? ' down' : ''}`);
  const servers = nodes.map(lineOf).join('\n');
  const placed = page.replace(server, servers).replace('listen 8000;', `listen 127.0.0.1:${port};`);
  if (!server || !placed.includes(String(port))) throw new Error('The page names other places now.');
  return placed;
}

const around = (folder: string, page: string): string => `
daemon off;
pid ${folder}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  log_format upstream '$pid $upstream_addr';
  access_log ${folder}/access.log upstream;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  ${page}
}
`;

/** Which of nginx's processes answered last: after a reload it is a new one. */
const processOf = (lines: readonly string[]): string => lines.at(-1)?.split(' ')[0] ?? '';

/** The last of the nodes that were tried is the one that answered. */
function counted(lines: readonly string[]): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const line of lines) {
    const node = line.split(' ').at(-1) ?? '';
    shares[node] = (shares[node] ?? 0) + 1;
  }
  return shares;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const PASSWORD = 'the-password-of-the-team';

/** `npm run example:helpdesk`, in a process of its own, as a person starts it. */
export interface HelpdeskSite {
  readonly url: string;
  readonly password: string;
  stop(): Promise<void>;
}

export async function aHelpdeskSite(service: { url: string; masterKey: string }): Promise<HelpdeskSite> {
  const child = spawn(process.execPath, ['examples/helpdesk/server.mjs', '--port', '0', '--password', PASSWORD], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, CHATAPI_URL: service.url, CLIENT_KEY: service.masterKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = await eventually(() => {
    if (child.exitCode !== null) throw new Error(`The site ended: ${output}`);
    return /Customers +(\S+)/.exec(output)?.[1];
  });
  return {
    url,
    password: PASSWORD,
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

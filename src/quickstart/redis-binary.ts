import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { QuickstartFault } from './fault.js';
import { findOrInstall, type Program, type Search } from './programs.js';

const REDIS: Program = {
  title: 'Redis',
  names: ['redis-server', 'valkey-server'],
  apt: ['redis-server'],
  brew: 'redis',
};

/** A server of this machine, installed first where that needs no asking. @throws QuickstartFault with what to do */
export async function redisBinary(search: Search): Promise<string> {
  const { binary, installer } = await findOrInstall(REDIS, search);
  if (binary && installer === 'apt-get') await disableService();
  if (binary) return binary;
  throw new QuickstartFault(
    `No redis-server or valkey-server was found${installer ? `, and ${installer} could not install one` : ''}: ` +
      'install one (apt-get install redis-server, dnf install valkey, apk add redis, brew install redis), or set REDIS_URL.',
  );
}

/** The package would start its own, on port 6379, at the next boot. */
async function disableService(): Promise<void> {
  if (existsSync('/run/systemd/system'))
    await promisify(execFile)('systemctl', ['disable', 'redis-server.service']).catch(() => undefined);
}

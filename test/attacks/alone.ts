import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { findOrInstall, type Program } from '../../src/quickstart/programs.js';
import { redisBinary } from '../../src/quickstart/redis-binary.js';
import type { ProgramName } from './attack.js';

const PROGRAMS: Readonly<Record<ProgramName | 'ip', Program>> = {
  sqlmap: { title: 'sqlmap', names: ['sqlmap'], apt: ['sqlmap'], brew: 'sqlmap' },
  wapiti: { title: 'wapiti', names: ['wapiti'], apt: ['wapiti'], brew: 'wapiti' },
  ip: { title: 'iproute2', names: ['ip'], apt: ['iproute2'] },
};
const MARK = 'CHATAPI_ATTACKS_ALONE';
const say = (line: string): void => console.log(line);

/** Whether this process was started by {@link runAlone}. */
export function isAlone(): boolean {
  if (process.env[MARK] === undefined) return false;
  if (process.env[MARK] === 'loopback') assertOnlyLoopback();
  return true;
}

/**
 * Runs this program again where no packet leaves the machine, whatever a tool or the service tries: in a network namespace
 * with a loopback of its own. Installs first what it needs, as nothing can be fetched there.
 * @returns its exit code
 */
export async function runAlone(programs: readonly ProgramName[]): Promise<number> {
  const path = process.env.PATH ?? '';
  await redisBinary({ path, say });
  for (const name of programs) {
    const { binary } = await findOrInstall(PROGRAMS[name], { path, say });
    if (!binary) throw new Error(`No ${name} was found: install it (apt-get install ${name}).`);
  }
  const { binary: ip } = await findOrInstall(PROGRAMS.ip, { path, say });
  const itself = [...process.execArgv, ...process.argv.slice(1)];
  const inside = `${ip} link set lo up && "$@"`;
  // With this program every process that it started ends, however it ends.
  const apart = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const isPossible = ip !== undefined && spawnSync('unshare', [...apart, 'true']).status === 0;
  if (!isPossible)
    console.log('No network namespace can be made here: only addresses of the loopback are attacked all the same.');
  const child = isPossible
    ? spawn('unshare', [...apart, 'sh', '-c', inside, 'attack', process.execPath, ...itself], started('loopback'))
    : spawn(process.execPath, itself, started('refusal'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

const started = (how: string) => ({ stdio: 'inherit', env: { ...process.env, [MARK]: how } }) as const;

/** @throws Error when there is any interface but the loopback */
function assertOnlyLoopback(): void {
  const names = [...readFileSync('/proc/net/dev', 'utf8').matchAll(/^\s*([^\s:|]+):/gm)].map(([, name]) => name);
  // Kernels list tunnels that are not up in every namespace.
  const others = names.filter((name) => name !== 'lo' && !/^(sit|tunl|gre|erspan|ip_vti|ip6|gretap)/.test(name ?? ''));
  if (others.length > 0) throw new Error(`This is no network of its own: it has ${others.join(', ')}.`);
}

import type { ResolvedEnv } from '../config/index.js';
import { failure, type Finding, ok, warning } from './finding.js';

const OLDEST_NODE = [20, 19] as const;
/** What `openssl rand -base64 32` makes has 44 characters of 30 kinds. */
const STRONG_LENGTH = 32;
const STRONG_VARIETY = 10;
const EVERYBODY = /(^|[,\s])(0\.0\.0\.0|::)\/0\b/;

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (isOld) return failure('Node', version, `Install Node ${OLDEST_NODE.join('.')} or newer.`);
  if (major % 2 === 1)
    return warning('Node', version, 'Odd versions end after half a year: use one with long-term support.');
  return ok('Node', version);
}

/** What the settings say among themselves. */
export function settingsFindings(env: ResolvedEnv): Finding[] {
  return [...proxyFindings(env), ...addressFindings(env), ...portFindings(env), secretFinding(env)];
}

function proxyFindings({ TRUST_PROXY, PUBLIC_URL, ENVIRONMENT }: ResolvedEnv): Finding[] {
  const check = 'Proxies';
  if (EVERYBODY.test(TRUST_PROXY))
    return [
      failure(
        check,
        'TRUST_PROXY believes X-Forwarded-For from everywhere',
        'Name the proxies alone: any caller can pretend to be at another address, and pass limits of failed keys.',
      ),
    ];
  const isBehindOne = ENVIRONMENT !== 'local' && PUBLIC_URL?.startsWith('https:') === true;
  if (isBehindOne && TRUST_PROXY === '0')
    return [
      warning(
        check,
        'TRUST_PROXY is 0, and PUBLIC_URL is https, which something in front must end',
        'Set TRUST_PROXY to the number of proxies, or to their addresses: else all callers share one address and its limits.',
      ),
    ];
  return [ok(check, TRUST_PROXY === '0' ? 'none is trusted' : 'those that TRUST_PROXY names are trusted')];
}

function addressFindings({ PUBLIC_URL, ENVIRONMENT }: ResolvedEnv): Finding[] {
  const check = 'PUBLIC_URL';
  if (ENVIRONMENT === 'local') return [];
  if (PUBLIC_URL === undefined)
    return [
      warning(
        check,
        'is not set',
        'Set it to where callers reach this installation: links to unsubscribe and what providers report need it.',
      ),
    ];
  if (!PUBLIC_URL.startsWith('https:'))
    return [warning(check, 'is not https', 'Put a proxy in front that ends TLS: keys travel in every call.')];
  return [ok(check, 'is https')];
}

function portFindings({ PORT, METRICS_PORT, ROLE }: ResolvedEnv): Finding[] {
  const clash = ROLE !== 'worker' && PORT !== 0 && PORT === METRICS_PORT;
  return clash ? [failure('Ports', 'PORT and METRICS_PORT are the same', 'Give the metrics a port of their own.')] : [];
}

function secretFinding({ SECRET_KEY, ENVIRONMENT }: ResolvedEnv): Finding {
  const check = 'SECRET_KEY';
  const [first = ''] = SECRET_KEY;
  if (ENVIRONMENT === 'local') return ok(check, 'is for development');
  if (first.length < STRONG_LENGTH || new Set(first).size < STRONG_VARIETY)
    return warning(
      check,
      'the first key is short or uniform',
      'Make a random one (`openssl rand -base64 32`) and rotate: docs/deployment.md says how.',
    );
  return ok(check, `${SECRET_KEY.length} in the ring`);
}

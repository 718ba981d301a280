import { randomBytes } from 'node:crypto';
import { generateKey } from '../platform/security/api-key.js';
import type { Home } from './home.js';

/** What a first start makes up, and every later one finds again. */
export interface Secrets {
  readonly ADMIN_KEY: string;
  readonly CLIENT_KEY: string;
  readonly SECRET_KEY: string;
  readonly postgresPassword: string;
}

const FILE = 'secrets.json';

export function loadSecrets(home: Home): Secrets {
  const kept = home.readJson<Partial<Secrets>>(FILE) ?? {};
  const secrets: Secrets = {
    ADMIN_KEY: kept.ADMIN_KEY ?? `ck_admin_${random()}`,
    CLIENT_KEY: kept.CLIENT_KEY ?? generateKey('master').key,
    SECRET_KEY: kept.SECRET_KEY ?? random(),
    postgresPassword: kept.postgresPassword ?? random(),
  };
  if (Object.entries(secrets).some(([name, value]) => kept[name as keyof Secrets] !== value))
    home.writeJson(FILE, secrets);
  return secrets;
}

const random = (): string => randomBytes(32).toString('base64url');

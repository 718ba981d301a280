// Where the service is and what opens it: flags, else the environment, else what a running `npm start` has left.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Broken } from './check.mjs';

export const usageOf = (title, script) => `${title}: played through a started service, and every step is checked.

  npm run ${script}                       against the \`npm start\` of this folder (or of CHATAPI_HOME)
  npm run ${script} -- --url URL --admin-key KEY --mail-url URL

  --url        CHATAPI_URL   the service, as http://localhost:8000
  --admin-key  ADMIN_KEY     the operator's key
  --mail-url   MAIL_URL      the web address of the mail catcher that the service sends to`;

export const SITE_USAGE = `Serves a helpdesk for the browser: the customer's page and the agents' page.

  npm run example:helpdesk           with the \`npm start\` of this folder (or of CHATAPI_HOME)
  npm run example:helpdesk -- --url URL --master-key KEY

  --url         CHATAPI_URL        the service, as http://localhost:8000
  --master-key  CLIENT_KEY         the master key of the client whose helpdesk it is
  --port        HELPDESK_PORT      where the pages are (3000)
  --password    HELPDESK_PASSWORD  what agents sign in with (a new one each time, which is printed)`;

/** @returns the addresses and the key; undefined when help is asked for @throws Broken when one is not known */
export function readSetting(args, env) {
  const known = settingOf(args, env, ['url', 'admin-key', 'mail-url']);
  return (
    known && {
      url: known.address('--url', 'CHATAPI_URL'),
      adminKey: known.given('--admin-key', 'ADMIN_KEY'),
      mailUrl: known.address('--mail-url', 'MAIL_URL'),
    }
  );
}

/** @returns what the site needs; undefined when help is asked for @throws Broken when something is not known */
export function readSiteSetting(args, env) {
  const known = settingOf(args, env, ['url', 'master-key', 'port', 'password']);
  return (
    known && {
      url: known.address('--url', 'CHATAPI_URL'),
      masterKey: known.given('--master-key', 'CLIENT_KEY'),
      port: Number(known.either('--port', 'HELPDESK_PORT') ?? 3_000),
      password: known.either('--password', 'HELPDESK_PASSWORD'),
    }
  );
}

function settingOf(args, env, names) {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const { values: flags } = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } } });
  if (flags.help) return undefined;
  const left = join(env.CHATAPI_HOME || '.chatapi', 'env');
  // Only for the service that left it: its key is nobody else's business.
  if (!flags.url && !env.CHATAPI_URL && existsSync(left)) process.loadEnvFile(left);

  const either = (flag, variable) => flags[flag.slice(2)] ?? env[variable];
  const given = (flag, variable) => {
    const value = either(flag, variable);
    if (value) return value;
    throw new Broken(
      `No service to talk to: \`npm start\` one in this folder first, or say ${flag} (--help says more).`,
    );
  };
  return { either, given, address: (flag, variable) => address(given(flag, variable)) };
}

function address(text) {
  if (URL.canParse(text)) return text.replace(/\/+$/, '');
  throw new Broken(`${text} is no address: it should be as http://localhost:8000.`);
}

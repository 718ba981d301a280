// Where the service is and what opens it: flags, else the environment, else what a running `npm start` has left.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Broken } from './check.mjs';

export const USAGE = `Runs a shop's helpdesk through a started service and checks every step.

  npm run demo                       against the \`npm start\` of this folder (or of CHATAPI_HOME)
  npm run demo -- --url URL --admin-key KEY --mail-url URL

  --url        CHATAPI_URL   the service, as http://localhost:8000
  --admin-key  ADMIN_KEY     the operator's key
  --mail-url   MAIL_URL      the web address of the mail catcher that the service sends to`;

const TEXT = { type: 'string' };
const FLAGS = { url: TEXT, 'admin-key': TEXT, 'mail-url': TEXT, help: { type: 'boolean', short: 'h' } };

/** @returns the addresses and the key; undefined when help is asked for @throws Broken when one is not known */
export function readSetting(args, env) {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (flags.help) return undefined;
  const left = join(env.CHATAPI_HOME || '.chatapi', 'env');
  // Only for the service that left it: its key is nobody else's business.
  if (!flags.url && !env.CHATAPI_URL && existsSync(left)) process.loadEnvFile(left);
  return {
    url: address(given(flags.url ?? env.CHATAPI_URL, '--url')),
    adminKey: given(flags['admin-key'] ?? env.ADMIN_KEY, '--admin-key'),
    mailUrl: address(given(flags['mail-url'] ?? env.MAIL_URL, '--mail-url')),
  };
}

function given(value, flag) {
  if (value) return value;
  throw new Broken(`No service to talk to: \`npm start\` one in this folder first, or say ${flag} (--help says more).`);
}

function address(text) {
  if (URL.canParse(text)) return text.replace(/\/+$/, '');
  throw new Broken(`${text} is no address: it should be as http://localhost:8000.`);
}

// `npm run example:helpdesk`: the helpdesk for the browser, against a started service.
import { randomBytes } from 'node:crypto';
import { Api } from './api.mjs';
import { site } from './backend/site.mjs';
import { Broken } from './check.mjs';
import { readSiteSetting, SITE_USAGE } from './setting.mjs';

try {
  const setting = readSiteSetting(process.argv.slice(2), process.env);
  if (setting) await serve(setting);
  else console.log(SITE_USAGE);
} catch (error) {
  end(error);
}

async function serve({ port, password = randomBytes(6).toString('base64url'), ...service }) {
  const { name } = await new Api(service.url, service.masterKey).get('/clients/me');
  const server = site({ ...service, password });
  server.on('error', end);
  server.listen(port, 'localhost', () => {
    const at = `http://localhost:${server.address().port}`;
    console.log(`The helpdesk of "${name}" on ${service.url}\n`);
    console.log(`  Customers  ${at}`);
    console.log(`  Agents     ${at}/agent  (any name, password ${password})\n`);
    console.log('Ctrl-C stops it.');
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
}

function end(error) {
  const known =
    error instanceof Broken || /^ERR_(PARSE_ARGS|SOCKET_BAD_PORT)/.test(error.code) || error.syscall === 'listen';
  console.error(known ? error.message : error);
  process.exit(1);
}

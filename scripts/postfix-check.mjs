// The SMTP provider against a real Postfix on the loopback, from the call to the file in the mailbox:
//   node scripts/postfix-check.mjs
// Installs nothing. Starts a Postfix of its own with a queue and mailboxes in a temporary folder, for which it must be
// root; the machine's own Postfix, running or not, is left alone.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import './typescript.mjs';

const POSTFIX = ['/usr/sbin/postfix', '/usr/local/sbin/postfix', '/opt/homebrew/sbin/postfix'].find(existsSync);
const MAILS = 500;
const SIZE_LIMIT = 200_000;
const OWNER = 65_534; // nobody

if (!POSTFIX) stop('There is no Postfix on this machine (Debian: apt-get install postfix): nothing was checked.');
if (process.getuid?.() !== 0) stop('Postfix is started by root alone: nothing was checked.');

const folder = mkdtempSync(join(tmpdir(), 'chatapi-postfix-'));
const mailbox = join(folder, 'mail', 'ann', 'new');
const port = await freePort();
let failed = 0;
writeConfiguration();
run('start');
try {
  await check();
} finally {
  run('stop');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

async function check() {
  const { SmtpProvider } = await import('../src/plugins/smtp/smtp.provider.ts');
  const { aCallContext } = await import('../test/builders/call-context.ts');
  const provider = new SmtpProvider();
  const settings = { host: '127.0.0.1', port, from: 'shop@example.test', tls: { rejectUnauthorized: false } };
  const context = (wish = {}, deliveryId = randomUUID()) =>
    aCallContext({ ...settings, ...wish }, { deliveryId, signal: AbortSignal.timeout(30_000) });
  const send = (wish = {}, more = {}, deliveryId = undefined) =>
    provider.send(context(more, deliveryId), { ...aMail(), ...wish });
  const to = (address, name = '') => ({ to: { name, address } });

  await provider.verify(context());
  say(true, 'the server answers');
  await arrives(send);
  const name = 'Ann\r\nBcc: bob@example.test" <bob@example.test>, "';
  await outcome('a name that would add somebody', send(to('ann@example.test', name)), { kind: 'sent' });
  await outcome('nobody of that name', send(to('nobody@example.test')), { reason: 'hard_bounce' });
  await outcome('a domain it does not relay to', send(to('eve@elsewhere.test')), { reason: 'provider_rejected' });
  const text = 'x'.repeat(2 * SIZE_LIMIT);
  await outcome('a mail that is too large', send({ text }), { reason: 'provider_rejected' });
  const strict = send({}, { tls: { rejectUnauthorized: true } });
  await outcome('a certificate of its own making', strict, { fault: 'provider' });
  await many(send);
  say(readdirSync(join(folder, 'mail')).join() === 'ann', 'nobody else has got a mail');
  await provider.close();
}

async function arrives(send) {
  const deliveryId = randomUUID();
  const wish = {
    subject: 'Größe 👋',
    html: '<p>Grüße</p>',
    attachments: [{ name: 'größe.txt', contentType: 'text/plain', content: Buffer.from('Hä?'), contentId: null }],
  };
  await outcome('a mail', send(wish, {}, deliveryId), { kind: 'sent', reference: `<${deliveryId}@example.test>` });
  const raw = await until(() => mails()[0], 'the mail is in the mailbox');
  const mail = await simpleParser(raw);
  say(mail.messageId === `<${deliveryId}@example.test>`, 'its Message-ID is the delivery’s');
  say(mail.subject === wish.subject && mail.html?.trim() === wish.html, 'its subject and text are as they were');
  say(mail.attachments[0]?.content.toString() === 'Hä?', 'its attachment is as it was');
  say(/^Delivered-To: ann@example\.test$/m.test(raw), 'it is for the one it was sent to');
  say(/ with ESMTPS /.test(raw), 'it came over TLS');
}

async function many(send) {
  const before = mails().length;
  const begun = performance.now();
  const outcomes = await Promise.all(Array.from({ length: MAILS }, () => send()));
  const seconds = (performance.now() - begun) / 1_000;
  say(
    outcomes.every(({ kind }) => kind === 'sent'),
    `${MAILS} at once are taken: ${Math.round(MAILS / seconds)} a second`,
  );
  await until(() => mails().length >= before + MAILS, 'all of them are in the mailbox');
  const ids = new Set(mails().map((mail) => /^Message-ID: (.*)$/im.exec(mail)?.[1]));
  say(ids.size === mails().length && mails().length === before + MAILS, 'each of them once');
}

function writeConfiguration() {
  const config = join(folder, 'config');
  for (const name of ['config', 'queue', 'data', 'mail']) mkdirSync(join(folder, name));
  execFileSync('chmod', ['755', folder]);
  execFileSync('chown', ['postfix', join(folder, 'data')]);
  chownSync(join(folder, 'mail'), OWNER, OWNER);
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', join(config, 'key.pem'), '-out', join(config, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', '/CN=localhost'], { stdio: 'ignore' });
  writeFileSync(join(config, 'mailboxes'), 'ann@example.test ann/\nbob@example.test bob/\n');
  const main = {
    ...{ compatibility_level: '3.6', myhostname: 'mail.example.test', mydestination: '', inet_protocols: 'ipv4' },
    ...{ queue_directory: join(folder, 'queue'), data_directory: join(folder, 'data'), mynetworks: '192.0.2.1/32' },
    ...{ virtual_mailbox_domains: 'example.test', virtual_mailbox_base: join(folder, 'mail') },
    ...{ virtual_mailbox_maps: `texthash:${join(config, 'mailboxes')}`, virtual_minimum_uid: '1' },
    ...{ virtual_uid_maps: `static:${OWNER}`, virtual_gid_maps: `static:${OWNER}`, alias_maps: '' },
    ...{ message_size_limit: `${SIZE_LIMIT}`, virtual_mailbox_limit: '0', smtputf8_enable: 'no' },
    ...{ smtpd_tls_security_level: 'may', smtpd_tls_cert_file: join(config, 'cert.pem') },
    ...{ smtpd_tls_key_file: join(config, 'key.pem'), maillog_file: join(folder, 'mail.log') },
    ...{ maillog_file_prefixes: folder, default_transport: 'error:nothing leaves this machine' },
    ...{ smtpd_relay_restrictions: 'reject_unauth_destination', smtpd_client_connection_count_limit: '0' },
  };
  writeFileSync(
    join(config, 'main.cf'),
    Object.entries(main)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  const own = readFileSync('/etc/postfix/master.cf.proto', 'utf8').replace(/^smtp +inet/m, `127.0.0.1:${port} inet`);
  writeFileSync(join(config, 'master.cf'), own.replaceAll(/^(\S+ +\S+ +\S+ +\S+ +)y /gm, '$1n '));
}

function run(command) {
  try {
    execFileSync(POSTFIX, ['-c', join(folder, 'config'), command], { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const log = join(folder, 'mail.log');
    const said = existsSync(log) ? readFileSync(log, 'utf8') : String(error.stderr);
    rmSync(folder, { recursive: true, force: true });
    stop(`Postfix cannot ${command}: ${said}`);
  }
}

/** @returns {string[]} as they are on disk */
function mails() {
  if (!existsSync(mailbox)) return [];
  return readdirSync(mailbox).map((name) => readFileSync(join(mailbox, name), 'utf8'));
}

function aMail() {
  const mail = { from: null, replyTo: null, cc: [], bcc: [], subject: 'Hello', html: null, text: 'Hello there' };
  return { ...mail, to: { name: '', address: 'ann@example.test' }, headers: {}, attachments: [] };
}

async function outcome(what, sending, expected) {
  const said = await sending;
  const isRight = Object.entries(expected).every(([name, value]) => said[name] === value);
  say(isRight, `${what}: ${said.kind} ${said.reason ?? said.fault ?? ''} (${said.detail ?? ''})`);
}

async function until(probe, what) {
  for (let tries = 0; tries < 600; tries++) {
    const value = probe();
    if (value) {
      say(true, what);
      return value;
    }
    await pause(50);
  }
  say(false, what);
  throw new Error(readFileSync(join(folder, 'mail.log'), 'utf8').slice(-4_000));
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address();
  server.close();
  return free;
}

function say(isRight, what) {
  if (!isRight) failed++;
  process.stdout.write(`${isRight ? 'ok    ' : 'WRONG '} ${what}\n`);
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

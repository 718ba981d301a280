// The story of an account, from signing up to being erased; all of it follows from what the identity provider says.
import { randomBytes } from 'node:crypto';
import { Api } from '../helpdesk/api.mjs';
import { holds, same } from '../helpdesk/check.mjs';
import { mailWithSubject } from '../helpdesk/mailbox.mjs';
import { until } from '../helpdesk/until.mjs';
import { openBackend } from './backend.mjs';
import { Directory } from './directory.mjs';
import { accountRules } from './rules.mjs';

const TEN_MINUTES_MS = 600_000;

export async function accounts({ url, adminKey, mailUrl }, narrator) {
  const operator = new Api(url, adminKey);
  const { client, masterKey } = await narrator.step('operator: creates a client for the app', () =>
    operator.post('/clients', { name: 'An app' }),
  );
  const master = new Api(url, masterKey);
  const backend = await openBackend(master);
  try {
    const run = randomBytes(3).toString('hex');
    const person = { id: `zoe-${run}`, name: `Zoë ${run}`, email: `zoe-${run}@app.example`, plan: 'free' };
    const app = { master, backend, mailUrl, person, directory: await aDirectory(master, backend, narrator) };
    await signingUp(app, narrator);
    await using(app, narrator);
    await leaving(app, narrator);
  } finally {
    await backend.close();
    await narrator.step('operator: removes the app with everything that is its own', () =>
      operator.delete(`/clients/${client.id}`),
    );
  }
}

async function aDirectory(master, backend, narrator) {
  await narrator.step('app: makes the secret by which its backend knows who calls', async () => {
    const { secret } = await master.post('/webhooks/signing-secret/rotate', {});
    backend.trust(secret); // shown this once
  });
  return narrator.step('app: registers an address for the identity provider, and what follows', async () => {
    const { url, secret } = await master.post('/webhooks/sources', {
      event: 'account',
      verification: { scheme: 'standard' },
      actions: accountRules(backend.url),
    });
    return new Directory(url, secret); // made here, and shown this once
  });
}

async function signingUp({ master, backend, directory, person, mailUrl }, narrator) {
  await narrator.step('identity provider: somebody has signed up', () => told(directory, 'user.created', person));
  await narrator.step('backend: is called, signed, and makes the user known', async () => {
    await backend.heard.next('user.created');
    const user = await master.get(`/users/${person.id}`);
    same('The user', [user.displayName, user.email], [person.name, person.email]);
    holds('nothing came that was not signed', backend.refused === 0);
  });
  await narrator.step('user: is welcomed by mail and in the app', async () => {
    const { mail } = await mailWithSubject(mailUrl, `Welcome, ${person.name}`);
    same(
      'To',
      mail.to.value.map(({ address }) => address),
      [person.email],
    );
    await inboxHas(master, person, `Welcome, ${person.name}`);
  });
}

async function using({ master, directory, person, mailUrl }, narrator) {
  await narrator.step('user: wants no mail, and moves to another plan, which is told in the app', async () => {
    const preferences = { channels: { email: { marketing: false, transactional: false } } };
    await master.call('PUT', `/users/${person.id}/preferences`, 200, preferences);
    await told(directory, 'user.upgraded', { id: person.id, plan: 'team' });
    await inboxHas(master, person, 'You are on the plan team now');
  });
  await narrator.step('user: has forgotten the password, and gets that mail all the same', async () => {
    const link = `https://app.example/reset?token=${randomBytes(8).toString('hex')}`;
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await told(directory, 'user.password_reset', { id: person.id, link, expiresAt });
    const mails = await mailTo(mailUrl, person, 'Set a new password');
    holds('the mail has the link', mails.includes(link));
  });
  await narrator.step('somebody: plays an old call again, and is not believed', async () => {
    const at = new Date(Date.now() - TEN_MINUTES_MS);
    same('The answer', (await directory.tell('user.deleted', { id: person.id }, { at })).status, 401);
    await master.get(`/users/${person.id}`);
  });
}

async function leaving({ master, backend, directory, person }, narrator) {
  await narrator.step('identity provider: the account is deleted', () =>
    told(directory, 'user.deleted', { id: person.id }),
  );
  await narrator.step('backend: has the user erased', async () => {
    await backend.heard.next('user.deleted');
    await master.call('GET', `/users/${person.id}`, 404);
  });
  await narrator.step('app: sees what became of every event', async () => {
    const events = await until('Not every event has been seen through', async () => {
      const { data } = await master.get('/webhooks/events');
      return data.every(({ status }) => status === 'completed') && data;
    });
    for (const { type, status, receivedAt } of events) narrator.detail(`${receivedAt}  ${type.padEnd(20)} ${status}`);
  });
}

async function told(directory, type, data) {
  const { status, body } = await directory.tell(type, data);
  same('The answer', [status, body.status], [200, 'accepted']);
}

const inboxHas = (master, { id }, title) =>
  until(`The inbox has no "${title}"`, async () => {
    const { data } = await master.call('GET', '/inbox', 200, undefined, { 'X-User-Id': id });
    return data.some((item) => item.title === title);
  });

/** The text of the newest mail to somebody with a subject that others have, too. */
const mailTo = (mailUrl, { email }, subject) =>
  until(`No mail "${subject}" came`, async () => {
    const mails = await (await fetch(`${mailUrl}/email`)).json();
    const found = mails.find((mail) => mail.subject === subject && mail.to.includes(email));
    return found && (await fetch(`${mailUrl}/email/${found.id}/source`)).text();
  });

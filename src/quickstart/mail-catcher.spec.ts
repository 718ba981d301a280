import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTransport } from 'nodemailer';
import { MailCatcher } from './mail-catcher.js';
import { subjectOf } from './mail-page.js';

let catcher: MailCatcher;
beforeEach(async () => {
  catcher = new MailCatcher();
  await catcher.start({ smtp: 0, web: 0 });
});
afterEach(() => catcher.stop());

const send = (raw: string, auth = ''): Promise<unknown> =>
  createTransport(catcher.smtpUrl.replace('//', `//${auth}`)).sendMail({
    envelope: { from: 'shop@example.com', to: ['ann@example.com', 'bob@example.com'] },
    raw,
  });
const get = (path: string): Promise<Response> => fetch(`${catcher.webUrl}${path}`);

describe('the mail catcher', () => {
  it('gives back every byte it was sent', async () => {
    const raw = 'Subject: dots and accents\r\n\r\n.a line\r\n..\r\n.\r\nçà\r\n';
    await send(raw);
    const [mail] = (await (await get('/email')).json()) as { id: string }[];
    await expect((await get(`/email/${mail?.id}/source`)).text()).resolves.toBe(raw);
  });

  it('lists the newest first, with the envelope and a readable subject', async () => {
    await send('Subject: first\r\n\r\n1');
    await send('Subject: =?utf-8?q?caf=C3=A9?=\r\n\r\n2');
    await expect((await get('/email')).json()).resolves.toMatchObject([
      { subject: 'café', from: 'shop@example.com', to: ['ann@example.com', 'bob@example.com'] },
      { subject: 'first' },
    ]);
  });

  it('takes any user name and password', async () => {
    await expect(send('Subject: x\r\n\r\n', 'user:wrong@')).resolves.toBeDefined();
  });

  it('shows mail on a page that a mail cannot write into', async () => {
    await send('Subject: <script>alert(1)</script>\r\n\r\n');
    const page = await (await get('/')).text();
    expect(page).toContain('1 mail');
    expect(page).not.toContain('<script>');
  });

  it.each(['/email/0/source', '/nothing'])('answers 404 for %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe('a subject', () => {
  it.each([
    ['Subject: plain\r\n\r\nSubject: in the body', 'plain'],
    ['From: a\r\nSubject: folded\r\n over lines\r\nTo: b\r\n\r\n', 'folded over lines'],
    ['subject: =?UTF-8?B?w6k=?=\r\n =?UTF-8?B?w6g=?=\r\n\r\n', 'éè'],
    ['Subject: =?no-such-set?q?x?=\r\n\r\n', '=?no-such-set?q?x?='],
    ['From: a\r\n\r\n', ''],
  ])('of %j is %j', (raw, subject) => {
    expect(subjectOf(Buffer.from(raw))).toBe(subject);
  });
});

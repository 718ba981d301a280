import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { aClient, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { aBrowser, aPage, BROWSER_MS, keepScreenshot } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { AgentPage, CustomerPage, type Shown } from '../support/helpdesk-pages.js';
import { aHelpdeskSite, type HelpdeskSite } from '../support/helpdesk-site.js';

jest.setTimeout(60_000);

/** More than `sync` brings at once. */
const MANY = 301;
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 760 }, colorScheme: 'dark' };

let app: TestApp;
let browser: Browser;
let client: TestClient;
let site: HelpdeskSite;
/** Each in a context of its own, which is as much of a browser of its own as the pages can tell. */
let zoe: CustomerPage;
let sam: AgentPage;

beforeAll(async () => {
  [app, browser] = await Promise.all([anApp(), aBrowser()]);
}, BROWSER_MS);

afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** A shop of the test's own, whose pages alone may open sockets. */
async function aShop(): Promise<void> {
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 10_000, requestsPerMinute: 100_000 } } });
  site = await aHelpdeskSite({ url: app.url, masterKey: client.masterKey });
  await client.master.patch('/clients/me', { settings: { allowedOrigins: [site.url] } });
}

async function closePages(): Promise<void> {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await site.stop();
}

async function bothAreHere(options: BrowserContextOptions = {}): Promise<void> {
  sam = new AgentPage(await aPage(browser, options), site);
  zoe = new CustomerPage(await aPage(browser, options), site);
  await Promise.all([sam.start('Sam'), zoe.start('Zoë')]);
}

async function bothConverse(options: BrowserContextOptions = {}): Promise<void> {
  await bothAreHere(options);
  await zoe.say('Is it sent yet?');
  await comesTo(() => sam.list(), ['Zoë, online, 1 unread']);
  await sam.enter('Zoë');
  await comesTo(() => sam.texts(), ['Is it sent yet?']);
}

async function comesTo<T>(look: () => Promise<T>, expected: T): Promise<void> {
  await eventually(async () => {
    expect(await look()).toEqual(expected);
    return true;
  });
}

/** Everything is there once and in order: with the customer, with the agent, and in the service itself. */
async function bothHave(...texts: string[]): Promise<void> {
  await comesTo(() => zoe.texts(), texts);
  await comesTo(() => sam.texts(), texts);
  expect((await stored()).map(({ content }) => content)).toEqual(texts);
}

/** What the service has of the first conversation: the newest hundred, oldest first. */
async function stored(): Promise<{ content: string }[]> {
  const { body: rooms } = await client.master.get('/rooms/all');
  const { body } = await client.master.get(`/messages?roomId=${rooms.data[0].id}&limit=100`);
  return (body.data as { content: string }[]).reverse();
}

/** No script failed, no policy was broken, no dialog was opened. */
function nothingWentWrong(): void {
  expect([...zoe.test.faults, ...sam.test.faults]).toEqual([]);
}

/** Takes the network away from a page, until it says so itself. */
async function cutFor({ test, connection }: CustomerPage): Promise<void> {
  await test.online(false);
  await connection.waitFor();
}

/** Until the page asks again, it does not get the first list that has a room. @returns whether there is such a list */
async function holdFirstListWithARoom({ page }: AgentPage): Promise<() => Promise<boolean>> {
  let giveFirst: (() => void) | undefined;
  await page.route('**/agent/api/rooms?*', async (route) => {
    giveFirst?.();
    const response = await route.fetch();
    const { data } = (await response.json()) as { data: unknown[] };
    if (data.length > 0 && !giveFirst) await new Promise<void>((resolve) => (giveFirst = resolve));
    await route.fulfill({ response });
  });
  return () => Promise.resolve(giveFirst !== undefined);
}

const numbered = (what: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${what} ${n + 1}`);

describe('a customer and an agent', () => {
  beforeEach(aShop);
  afterEach(closePages);

  it('converse: unread counts, typing, receipts and presence are live on both sides', async () => {
    await bothAreHere();
    await zoe.say('Is it sent yet?');
    await comesTo(() => sam.list(), ['Zoë, online, 1 unread']);
    await zoe.say('It was to be here on Monday.');
    await comesTo(() => sam.list(), ['Zoë, online, 2 unread']);
    await comesTo(() => sam.page.title(), '(1) Helpdesk');
    await comesTo(() => zoe.states(), ['Delivered']);

    await sam.enter('Zoë');
    await comesTo(() => sam.list(), ['Zoë, online, 0 unread']);
    await comesTo(() => zoe.states(), ['Read']);
    await sam.box.pressSequentially('Nearly');
    await zoe.page.getByText('Sam is typing …').waitFor();
    await zoe.page.getByText('We are here').waitFor();

    await sam.box.fill('');
    await zoe.page.getByText('Sam is typing …').waitFor({ state: 'hidden' });
    await zoe.button('Close the support window').click();
    await sam.say('Nearly! We are packing it right now.');
    await zoe.button('Help 1').click();
    await comesTo(() => sam.states(), ['Read']);
    const conversation: Shown[] = [
      { who: 'You', text: 'Is it sent yet?' },
      { who: 'You', text: 'It was to be here on Monday.' },
      { who: 'Sam', text: 'Nearly! We are packing it right now.' },
    ];
    await comesTo(() => zoe.said(), conversation);
    await Promise.all([keepScreenshot(zoe.test, 'helpdesk-customer'), keepScreenshot(sam.test, 'helpdesk-agent')]);
    nothingWentWrong();
  });

  it('part when the agent closes the conversation, and begin another', async () => {
    await bothConverse();
    await sam.button('Close conversation').click();
    await zoe.button('Start a new one').click();
    await zoe.say('One thing more');

    await comesTo(() => sam.list(), ['Zoë, online, 1 unread', 'Zoë, online, 0 unread']);
    await comesTo(() => zoe.texts(), ['One thing more']);
    expect(await sam.page.getByRole('main').getByText('This conversation is closed.').isVisible()).toBe(true);
    nothingWentWrong();
  });

  it('may be on phones, in the dark, with nothing but a keyboard', async () => {
    await bothConverse(PHONE);
    await sam.box.focus();
    await sam.page.keyboard.type('Good evening');
    await sam.page.keyboard.press('Shift+Enter');
    await sam.page.keyboard.type('It is on its way.');
    await sam.page.keyboard.press('Enter');
    await comesTo(() => zoe.texts(), ['Is it sent yet?', 'Good evening\nIt is on its way.']);

    for (const { page } of [zoe, sam])
      expect(await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)).toBe(0);
    await Promise.all([keepScreenshot(zoe.test, 'helpdesk-phone'), keepScreenshot(sam.test, 'helpdesk-phone-agent')]);
    await zoe.page.keyboard.press('Escape');
    await comesTo(() => zoe.button('Help').evaluate((button) => button.matches(':focus')), true);
    await zoe.page.keyboard.press('Enter');
    await zoe.box.waitFor();
    nothingWentWrong();
  });
});

describe('nothing is lost or doubled', () => {
  beforeEach(aShop);
  afterEach(closePages);

  it('when the customer reloads while the agent writes', async () => {
    await bothConverse();
    const answers = numbered('Answer', 20);
    await Promise.all([sam.say(...answers), zoe.page.reload()]);
    await bothHave('Is it sent yet?', ...answers);

    await zoe.say('Thank you');
    await sam.page.reload();
    await sam.enter('Zoë');
    await bothHave('Is it sent yet?', ...answers, 'Thank you');
    nothingWentWrong();
  });

  it('when the network of one is cut while the other writes, and while both do', async () => {
    await bothConverse();
    await cutFor(zoe);
    await sam.say('One moment …');
    await comesTo(async () => (await stored()).length, 2);
    expect(await zoe.texts()).toEqual(['Is it sent yet?']);
    await zoe.test.online(true);
    await bothHave('Is it sent yet?', 'One moment …');

    await cutFor(zoe);
    await zoe.say('Hello?', 'Are you there?');
    await comesTo(async () => (await zoe.states()).slice(-2), ['Sending …', 'Sending …']);
    await sam.say('It leaves the house at five o’clock. 📦');
    await comesTo(async () => (await stored()).length, 3);
    await zoe.test.online(true);
    await bothHave(
      'Is it sent yet?',
      'One moment …',
      'It leaves the house at five o’clock. 📦',
      'Hello?',
      'Are you there?',
    );
    await comesTo(() => zoe.states(), ['Read']);
    nothingWentWrong();
  });

  it('when a page is reloaded before what was written in it could be sent', async () => {
    await bothConverse();
    await zoe.page.route('**/customer/ticket', (route) => route.abort());
    await cutFor(zoe);
    await zoe.say('Hello?');
    await zoe.test.online(true);
    await zoe.page.reload();
    await comesTo(() => zoe.states(), ['Read', 'Sending …']);
    expect(await stored()).toHaveLength(1);

    await zoe.page.unroute('**/customer/ticket');
    await bothHave('Is it sent yet?', 'Hello?');
    nothingWentWrong();
  });

  it('when the answer to a message is lost: it is sent again, and stored once', async () => {
    await bothConverse();
    await zoe.page.evaluate(() => {
      // As when the network goes at the worst moment: the message leaves, and nothing comes back.
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (this: WebSocket, data: string) {
        send.call(this, data);
        if (!data.includes('message.send')) return;
        WebSocket.prototype.send = send;
        this.onmessage = null;
        setTimeout(() => this.close());
      };
    });
    await zoe.say('Hello?', 'Are you there?');
    await bothHave('Is it sent yet?', 'Hello?', 'Are you there?');
    nothingWentWrong();
  });

  it('when the customer writes while the list that tells the agent of the room is on its way', async () => {
    sam = new AgentPage(await aPage(browser), site);
    zoe = new CustomerPage(await aPage(browser), site);
    await sam.start('Sam');
    const isHeld = await holdFirstListWithARoom(sam);
    await zoe.start('Zoë');
    await comesTo(isHeld, true);
    await zoe.say('Is it sent yet?');

    await comesTo(() => sam.list(), ['Zoë, online, 1 unread']);
    nothingWentWrong();
  });

  it('when one was away for more than can be caught up with', async () => {
    await bothAreHere();
    await zoe.say('Is it sent yet?');
    await comesTo(async () => (await stored()).length, 1);
    await cutFor(zoe);
    const { body: rooms } = await client.master.get('/rooms/all');
    const say = (content: string) =>
      client.master.as('agent:Sam').post('/messages', { roomId: rooms.data[0].id, content });
    await Promise.all(numbered('News', MANY).map(say));

    await zoe.test.online(true);
    const news = (await stored()).map(({ content }) => content);
    await comesTo(() => zoe.texts(), news.slice(-50));
    await zoe.button('Earlier messages').click();
    await comesTo(() => zoe.texts(), news.slice(-100));
    await zoe.say('So much!');
    await sam.enter('Zoë');
    await comesTo(async () => (await sam.texts()).slice(-2), [news.at(-1), 'So much!']);
    nothingWentWrong();
  });
});

describe('what somebody writes', () => {
  beforeEach(aShop);
  afterEach(closePages);

  const HOSTILE = [
    `<img src=x onerror="alert('run')">`,
    `<script>alert('run')</script>`,
    `"><svg onload=alert('run')>`,
    `javascript:alert('run')`,
  ];

  it('is text to whoever reads it, also as a name', async () => {
    await bothConverse();
    await zoe.say(...HOSTILE);
    await bothHave('Is it sent yet?', ...HOSTILE);
    const { body: rooms } = await client.master.get('/rooms/all');
    await client.master.patch(`/rooms/${rooms.data[0].id}`, { name: HOSTILE[0] });
    await sam.page.getByRole('heading', { name: HOSTILE[0] }).waitFor();

    for (const { page } of [zoe, sam]) expect(await page.locator('img, svg, script:not([src])').count()).toBe(0);
    nothingWentWrong();

    // Nor could it become markup if a page tried.
    const attempt = zoe.page.locator('main').evaluate((main) => {
      main.innerHTML = '<img src=x onerror="alert(1)">';
    });
    await expect(attempt).rejects.toThrow('TrustedHTML');
  });
});

describe('the backend of the pages', () => {
  beforeAll(aShop);
  afterAll(() => site.stop());

  const OURS = { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' };

  async function call(method: string, path: string, headers: Record<string, string>, body?: object) {
    const response = await fetch(`${site.url}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const cookie = response.headers.get('set-cookie');
    return { status: response.status, text: await response.text(), cookie };
  }

  async function signedIn(): Promise<Record<string, string>> {
    const { cookie } = await call('POST', '/customer/session', OURS, { name: 'Zoë' });
    expect(cookie).toMatch(/^desk=[\w-]{43}; Path=\/customer; Max-Age=86400; HttpOnly; SameSite=Strict$/);
    return { ...OURS, Cookie: cookie?.split(';')[0] ?? '' };
  }

  it('gives tickets to pages, and never a key', async () => {
    const headers = await signedIn();
    const answers = await Promise.all([
      call('GET', '/customer/session', headers),
      call('POST', '/customer/ticket', headers),
      call('POST', '/customer/conversation', headers),
      call('GET', '/customer/api/rooms', headers),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers[1]?.text).toMatch(/^\{"ticket":"ct_[\w-]+"\}$/);
    expect(answers.map(({ text }) => text).join()).not.toMatch(/ck_(master|scoped)_/);
  });

  it.each([
    ['a page of another site', 'POST', '/customer/ticket', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['somebody who is not signed in', 'POST', '/customer/ticket', { Cookie: '' }, 401],
    ['a customer who would be an agent', 'POST', '/agent/ticket', {}, 401],
    ['a call that no page makes', 'GET', '/customer/api/clients/me/keys', {}, 404],
    ['a file that is no page', 'GET', '/backend/desk.mjs', {}, 404],
  ])('refuses %s', async (_who, method, path, headers, status) => {
    expect(await call(method, path, { ...(await signedIn()), ...headers })).toMatchObject({ status });
  });

  it('lets agents in by the password of the team alone', async () => {
    const wrong = await call('POST', '/agent/session', OURS, { name: 'Sam', password: 'guessed' });
    expect(wrong).toMatchObject({ status: 403, cookie: null });
    expect(await call('POST', '/agent/session', OURS, { name: 'Sam', password: site.password })).toMatchObject({
      status: 201,
    });
  });
});

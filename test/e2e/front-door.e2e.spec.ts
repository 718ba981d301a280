import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isRunning } from '../../src/quickstart/processes.js';
import { type Block, blocksOf, isRunHere, pages } from '../support/documents.js';
import { eventually } from '../support/eventually.js';
import { aQuickstart, type TestQuickstart } from '../support/quickstart.js';

jest.setTimeout(120_000);

let quickstart: TestQuickstart;
beforeAll(async () => {
  quickstart = await aQuickstart();
});

afterAll(async () => {
  const servers = quickstart.servers();
  expect(servers).toHaveLength(2);
  await expect(quickstart.stop()).resolves.toBe(0);
  expect(servers.filter(isRunning)).toEqual([]);
  quickstart.remove();
});

describe('the three calls of the banner, as pasted', () => {
  it('make a room, put a message into it, and bring a mail', async () => {
    const calls = quickstart.banner.split('\n').filter((line) => line.includes('curl '));
    const { status, out } = await quickstart.shell('sh', calls.join('; echo;'));

    expect(status).toBe(0);
    const [room = '', message = '', notification = ''] = out.split('\n').filter(Boolean);
    expect(JSON.parse(message)).toMatchObject({ roomId: room, senderId: 'ann', content: 'Hello, Bob', seq: 1 });
    const { deliveries } = JSON.parse(notification) as { deliveries: { id: string; status: string }[] };
    expect(deliveries).toMatchObject([{ channel: 'email', recipient: 'ann@example.com', status: 'queued' }]);
    const { mail } = await caught('ann@example.com');
    expect(mail).toContain(`Message-ID: <${deliveries[0]?.id}@`);
    expect(mail).toContain('\r\n\r\nIt works');
  });

  async function caught(recipient: string): Promise<{ mail: string }> {
    const url = /^ {2}Mail catcher +(\S+)/m.exec(quickstart.banner)?.[1] ?? '';
    const { id } = await eventually(async () => {
      const mails = (await (await fetch(`${url}/email`)).json()) as { id: string; to: string[] }[];
      return mails.find(({ to }) => to.includes(recipient));
    });
    return { mail: await (await fetch(`${url}/email/${id}/source`)).text() };
  }
});

describe('npm run demo', () => {
  it('holds, as often as it is run', async () => {
    for (const time of ['first', 'second']) {
      const { status, out, err } = await quickstart.shell('sh', 'npm run demo');
      expect(`${time} time: ${status}\n${err}`).toBe(`${time} time: 0\n`);
      expect(out).toMatch(/All 17 steps hold/);
    }
  });

  const demo = '. .chatapi/env; npm run --silent demo --';
  it.each([
    ['the service is away', `${demo} --url http://localhost:9999`, 'http://localhost:9999 does not answer'],
    ['the key is not the operator’s', `${demo} --admin-key somebody-else`, 'answers 401: Send a live API key'],
    [
      'the mail catcher is away',
      `${demo} --mail-url http://localhost:9999`,
      'The mail catcher at http://localhost:9999',
    ],
    ['nobody says where the service is', 'CHATAPI_HOME=nowhere npm run --silent demo', 'No service to talk to'],
  ])('says in one sentence that %s', async (_fault, command, sentence) => {
    const { status, err } = await quickstart.shell('sh', command);

    expect(status).toBe(1);
    expect(err.trim()).toContain(sentence);
    expect(err.trim()).not.toMatch(/\n|^ +at /m);
  });
});

describe('npm run example:helpdesk', () => {
  it('serves the pages of the default client, with the keys that npm start has left', async () => {
    const { status, out, err } = await quickstart.shell(
      'bash',
      `: > site.log
       npm run --silent example:helpdesk -- --port 0 > site.log 2>&1 &
       until grep -q Ctrl-C site.log; do kill -0 $! && sleep 0.1 || break; done
       cat site.log
       curl -sS $(sed -n 's/.*Customers *//p' site.log)
       kill $!; wait $!`,
    );
    expect(`${status}\n${err}`).toBe('0\n');
    expect(out).toMatch(/The helpdesk of "Default" on http:.*Agents +http:\S+\/agent .*<title>Corner Shop<\/title>/s);
  });
});

describe('the examples that are driven by webhooks', () => {
  it.each([
    ['example:shop', 15],
    ['example:accounts', 13],
  ])('npm run %s holds, as often as it is run', async (script, steps) => {
    for (const time of ['first', 'second']) {
      const { status, out, err } = await quickstart.shell('sh', `npm run ${script}`);
      expect(`${time} time: ${status}\n${err}`).toBe(`${time} time: 0\n`);
      expect(out).toContain(`All ${steps} steps hold`);
    }
  });
});

describe('what the documents tell their readers to run', () => {
  const runnable = pages()
    .map((page) => ({ page, blocks: blocksOf(page).filter(isRunHere) }))
    .filter(({ blocks }) => blocks.length > 0);

  it.each(runnable)('$page', async ({ blocks }) => {
    const { status, out, err } = await quickstart.shell('bash', sessionOf(blocks));

    // Whatever failed comes last in what was said.
    expect(`${status}\n${status === 0 ? '' : `${out}\n${err}`}`).toBe('0\n');
    const said = [...err.matchAll(/^@@ (\d+)\n((?:(?!@@ ).*\n?)*)/gm)].map(([, line, text = '']) => [
      Number(line),
      [...text.matchAll(/^@status (\d+)$/gm)].map(([, code]) => Number(code)),
    ]);
    expect(said).toEqual(blocks.map(({ line, statuses }) => [line, statuses]));
  });

  /** One terminal for the whole page, as a reader has it: what one block sets the next ones use. */
  function sessionOf(blocks: readonly Block[]): string {
    const curl = String.raw`curl() { command curl "$@" -w '%{stderr}\n@status %{http_code}\n'; }`;
    return [
      'set -euo pipefail',
      curl,
      ...blocks.map((block) => `echo '@@ ${block.line}' >&2\n${scriptOf(block)}`),
    ].join('\n');
  }

  function scriptOf({ page, line, language, text }: Block): string {
    if (language === 'sh') return text;
    const file = quickstart.path(`${page.replaceAll('/', '-')}-${line}.mjs`);
    writeFileSync(file, text);
    return `node ${file}`;
  }
});

// Reads caught mail back: `GET /email` lists it, `GET /email/{id}/source` is one to the byte (as maildev has it too).
import { setTimeout as pause } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import { whyNot } from './api.mjs';
import { Broken } from './check.mjs';

const PATIENCE_MS = 15_000;
const POLL_MS = 50;

/** @returns {Promise<{ raw: Buffer, mail: import('mailparser').ParsedMail }>} the one mail with this subject */
export async function mailWithSubject(url, subject) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = (await (await ask(`${url}/email`)).json()).filter((mail) => mail.subject === subject);
    if (found.length > 1) throw new Broken(`The mail "${subject}" came ${found.length} times.`);
    if (found.length === 1) {
      const raw = Buffer.from(await (await ask(`${url}/email/${found[0].id}/source`)).arrayBuffer());
      return {
        raw,
        mail: await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true }),
      };
    }
    await pause(POLL_MS);
  }
  throw new Broken(`No mail "${subject}" reached the mail catcher within ${PATIENCE_MS / 1_000} s.`);
}

async function ask(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch((error) => {
    throw new Broken(`The mail catcher at ${url} does not answer (${whyNot(error)}).`);
  });
  if (!response.ok) throw new Broken(`The mail catcher answers ${response.status} at ${url}.`);
  return response;
}

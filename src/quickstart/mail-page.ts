import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CaughtMail } from './caught-mail.js';

const SOURCE = /^\/email\/([0-9a-f]+)\/source$/;
const WORD = /=\?([^?]+)\?([bq])\?([^?]*)\?=/gi;

/** Answers the three addresses of the mail catcher, newest mail first. */
export function mailPage(mails: readonly CaughtMail[], request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/') return answer(response, 200, 'text/html; charset=utf-8', page(mails.toReversed()));
  if (pathname === '/email')
    return answer(response, 200, 'application/json', JSON.stringify(mails.toReversed().map(summary)));
  const mail = mails.find(({ id }) => id === SOURCE.exec(pathname)?.[1]);
  if (mail) return answer(response, 200, 'message/rfc822', mail.raw);
  return answer(response, 404, 'application/json', JSON.stringify({ error: 'not found' }));
}

function answer(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  // Mail is written by strangers: nothing in it may run or load when a browser shows it.
  response.writeHead(status, {
    'content-type': type,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(body);
}

function summary({ id, receivedAt, from, to, raw }: CaughtMail): object {
  return { id, receivedAt, from, to, subject: subjectOf(raw), size: raw.length };
}

function page(mails: readonly CaughtMail[]): string {
  const rows = mails.map(
    (mail) =>
      `<tr><td>${mail.receivedAt}<td>${escape(mail.from)}<td>${escape(mail.to.join(', '))}<td><a href="/email/${mail.id}/source">${escape(subjectOf(mail.raw) || '(no subject)')}</a>`,
  );
  return `<!doctype html><title>Caught mail</title><style>body{font:16px system-ui;margin:2rem}td,th{padding:.3rem 1rem .3rem 0;text-align:left}</style>
<h1>${mails.length === 1 ? '1 mail' : `${mails.length} mails`}</h1><table><tr><th>Received<th>From<th>To<th>Subject${rows.join('\n')}</table>`;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The subject as a person reads it: folded lines joined, encoded words (RFC 2047) decoded. */
export function subjectOf(raw: Buffer): string {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw
    .subarray(0, end < 0 ? undefined : end)
    .toString('utf8')
    .replace(/\r?\n[ \t]+/g, ' ');
  const subject = /^subject:[ \t]*(.*)$/im.exec(head)?.[1] ?? '';
  return subject.replace(/(\?=)\s+(=\?)/g, '$1$2').replace(WORD, decodeWord);
}

function decodeWord(word: string, charset: string, encoding: string, text: string): string {
  const bytes =
    encoding.toLowerCase() === 'b'
      ? Buffer.from(text, 'base64')
      : Buffer.from(
          text
            .replaceAll('_', ' ')
            .replace(/=([0-9a-f]{2})/gi, (_sign, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        );
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return word;
  }
}

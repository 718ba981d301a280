import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { Desk, Refused, SESSION_SECONDS } from './desk.mjs';

const BODY_BYTES = 16 * 1024;
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.mjs': 'text/javascript' };
const FOLDER = join(import.meta.dirname, '..');
const SOCKET_IO = join(
  dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json')),
  'dist/socket.io.esm.min.js',
);

/**
 * The two pages and what they call, on one address. The pages of customers call below `/customer`, those of agents below
 * `/agent`, each with a cookie of its own, so that one browser can be both.
 * @returns {import('node:http').Server}
 */
export function site({ url, masterKey, password }) {
  const desk = new Desk({ url, masterKey, password });
  const files = staticFiles();
  const headers = securityHeaders(url);
  return createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const file = request.method === 'GET' && files.get(new URL(request.url, 'http://site').pathname);
    if (file) return response.setHeader('Content-Type', `${file.type}; charset=utf-8`).end(file.content);
    answer(desk, request, response).catch((error) => {
      if (!(error instanceof Refused)) console.error(error);
      send(response, error instanceof Refused ? error.status : 500, { detail: error.message });
    });
  });
}

/** Read once, by name: no address leads to another file. */
function staticFiles() {
  const read = (path) => ({ type: TYPES[extname(path)] ?? TYPES['.mjs'], content: readFileSync(path) });
  const pages = readdirSync(join(FOLDER, 'pages')).map((name) => [`/${name}`, read(join(FOLDER, 'pages', name))]);
  const files = new Map(pages);
  return files
    .set('/', files.get('/customer.html'))
    .set('/agent', files.get('/agent.html'))
    .set('/room-feed.mjs', read(join(FOLDER, 'room-feed.mjs')))
    .set('/socket.io-client.mjs', read(SOCKET_IO));
}

/** Scripts and styles of this address only, sockets to the service only, and no text that becomes markup. */
function securityHeaders(url) {
  return {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${url.replace(/^http/, 'ws')}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

async function answer(desk, request, response) {
  const [, role, what, rest = ''] =
    /^\/(customer|agent)\/(session|ticket|conversation|api)(\/.*)?$/.exec(request.url) ?? [];
  const call = `${request.method} ${what}`;
  if (!role) throw new Refused(404, 'There is no such page.');
  // A page of somebody else's may send a form here, with our cookie.
  if (request.method !== 'GET' && request.headers['sec-fetch-site'] !== 'same-origin')
    throw new Refused(403, 'Only pages of this site may do that.');

  if (call === 'POST session') {
    const session = await desk.signIn(role, await bodyOf(request));
    response.setHeader('Set-Cookie', cookie(role, session.id, SESSION_SECONDS));
    return send(response, 201, viewOf(desk, session));
  }
  const id = /(?:^|; )desk=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const session = desk.session(role, id);
  if (call === 'GET session') return send(response, 200, session ? viewOf(desk, session) : null);
  if (!session) throw new Refused(401, 'Sign in first.');
  if (call === 'DELETE session') {
    await desk.signOut(session);
    return send(response.setHeader('Set-Cookie', cookie(role, '', 0)), 204);
  }
  if (call === 'POST ticket') return send(response, 200, { ticket: await desk.ticket(session) });
  if (call === 'POST conversation') return send(response, 200, await desk.converse(session));
  const { status, body, retryAfter } = await desk.pass(session, request.method, rest);
  if (retryAfter) response.setHeader('Retry-After', retryAfter);
  send(response, status, body);
}

/** Behind HTTPS, where a site belongs, it is `Secure` too. */
const cookie = (role, id, seconds) => `desk=${id}; Path=/${role}; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;

const viewOf = ({ url }, { userId, name }) => ({ userId, name, service: url });

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_BYTES) throw new Refused(413, 'That is too much.');
  }
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Refused(400, 'That is no JSON.');
  }
}

function send(response, status, body) {
  response.statusCode = status;
  if (body === undefined) return void response.end();
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
}

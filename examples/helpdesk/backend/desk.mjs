import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

const PATIENCE_MS = 10_000;
export const SESSION_SECONDS = 86_400;
const SCOPES = ['rooms:read', 'rooms:write', 'messages:read', 'messages:write'];
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._'’-]{0,39}$/u;

const ID = '[0-9a-f-]{36}';
const QUERY = String.raw`(\?[\w=&.-]*)?`;
/** What a page may ask the service for, as its own user. */
const ALLOWED = [
  `GET /rooms${QUERY}`,
  `GET /rooms/${ID}/members${QUERY}`,
  `POST /rooms/${ID}/deactivate`,
  `GET /messages${QUERY}`,
  `GET /messages/${ID}/receipts`,
].map((route) => new RegExp(`^${route}$`));

/** An answer to the page that is not what it asked for. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/**
 * The shop's own backend, the only one who knows keys: it logs its visitors in at the service, keeps their scoped keys in
 * its sessions, and hands single-use tickets to their pages. The sessions are in memory, because this is an example: an
 * application has its own, and calls the service from there.
 */
export class Desk {
  sessions = new Map();
  agents = new Set();

  constructor({ url, masterKey, password }) {
    this.url = url;
    this.masterKey = masterKey;
    this.password = password;
  }

  /** @param role 'customer', who needs a name, or 'agent', who needs the team's password too @throws Refused */
  async signIn(role, { name, password }) {
    if (typeof name !== 'string' || !NAME.test(name)) throw new Refused(400, 'Say a name of up to 40 letters.');
    if (role === 'agent' && !isSame(password, this.password))
      throw new Refused(403, 'That is not the password of the team.');
    const userId = role === 'agent' ? `agent:${name}` : `customer:${randomUUID()}`;
    const session = { id: randomBytes(32).toString('base64url'), role, userId, name, device: randomUUID() };
    await this.#keyOf(session);
    if (role === 'agent') await this.#joinAll(userId);
    this.sessions.set(session.id, session);
    setTimeout(() => this.sessions.delete(session.id), SESSION_SECONDS * 1_000).unref();
    return session;
  }

  session(role, id) {
    const session = this.sessions.get(id);
    return session?.role === role ? session : undefined;
  }

  async signOut(session) {
    this.sessions.delete(session.id);
    await this.#as(session, 'POST', '/auth/logout');
  }

  /** For one handshake, within 30 s. */
  async ticket(session) {
    return (await this.#as(session, 'POST', '/auth/tickets')).body.ticket;
  }

  /** The customer's open conversation, or a new one, with every agent in it. */
  async converse(session) {
    const { body: mine } = await this.#as(session, 'GET', '/rooms?limit=100');
    const open = mine.data.find(({ type, deactivatedReason }) => type === 'support' && deactivatedReason !== 'manual');
    if (open) return open;
    const { body: room } = await this.#as(session, 'POST', '/rooms', { type: 'support', name: session.name });
    await Promise.all([...this.agents].map((userId) => this.#join(room.id, userId)));
    return room;
  }

  /** Hands a page's call on to the service, with the key of its session. @returns the answer as it is @throws Refused */
  pass(session, method, path) {
    if (!ALLOWED.some((route) => route.test(`${method} ${path}`))) throw new Refused(404, 'There is no such thing.');
    return this.#withKey(session, method, path);
  }

  /** An agent is in every open conversation; first in the set, so that no new one is missed. */
  async #joinAll(userId) {
    this.agents.add(userId);
    let cursor = '';
    do {
      const page = await this.#master('GET', `/rooms/all?type=support&status=active&limit=100${cursor}`);
      for (const { id } of page.body.data) await this.#join(id, userId);
      cursor = page.body.nextCursor && `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
    } while (cursor);
  }

  #join(roomId, userId) {
    return this.#master('POST', `/rooms/${roomId}/members`, { userId, role: 'admin' });
  }

  async #master(method, path, body) {
    return succeeded(await this.#call(this.masterKey, method, path, body));
  }

  async #as(session, method, path, body) {
    return succeeded(await this.#withKey(session, method, path, body));
  }

  /** Once more with a new key when the old one has expired: how long a session lasts is the application's affair. */
  async #withKey(session, method, path, body) {
    const key = await this.#keyOf(session);
    const answer = await this.#call(key, method, path, body);
    if (answer.status !== 401) return answer;
    if ((await session.key) === key) session.key = undefined;
    return this.#call(await this.#keyOf(session), method, path, body);
  }

  /** One login at a time: each ends the key before it. */
  #keyOf(session) {
    session.key ??= this.#login(session).catch((error) => {
      session.key = undefined;
      throw error;
    });
    return session.key;
  }

  async #login({ userId, name, device }) {
    const wish = { userId, displayName: name, device, scopes: SCOPES, expiresInSeconds: SESSION_SECONDS };
    return (await this.#master('POST', '/auth/login', wish)).body.apiKey;
  }

  async #call(key, method, path, body) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => {
      throw new Refused(502, 'The messaging service does not answer.');
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text ? JSON.parse(text) : undefined,
      retryAfter: response.headers.get('retry-after'),
    };
  }
}

function succeeded(answer) {
  if (answer.status < 300) return answer;
  throw new Refused(answer.status === 429 ? 429 : 502, answer.body?.detail ?? `It answers ${answer.status}.`);
}

/** In the same time, however much of it is right. */
function isSame(given, expected) {
  const hash = (text) => createHash('sha256').update(String(text)).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

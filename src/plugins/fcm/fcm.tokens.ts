import { createHash, sign } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type CallContext, detailOf, type HttpAnswer } from '../../extension/index.js';
import { fieldsOf } from './fcm.rules.js';
import { accountOf, type FcmSettings } from './fcm.settings.js';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ASSERTION_SECONDS = 3_600;
/** A token that ends within this time is not used any more. */
const SPARE_SECONDS = 60;
const ACCOUNTS_MAX = 1_000;

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly usableUntil: number;
}

/** What Google's token endpoint says instead of a token. */
export class TokenRefused extends Error {
  constructor(readonly answer: HttpAnswer) {
    super(`No access token: ${detailOf(answer)}`);
    this.name = 'TokenRefused';
  }
}

/**
 * Access tokens of service accounts, each kept until shortly before its end: OAuth 2 by a signed assertion, RFC 7523.
 * Whoever needs one while it is being fetched waits for that one.
 */
export class AccessTokens {
  private readonly tokens = new LRUCache<string, Promise<Token>>({ max: ACCOUNTS_MAX });

  constructor(private readonly now: () => number = Date.now) {}

  /** @throws TokenRefused, or what the call throws */
  async of(context: CallContext<FcmSettings>): Promise<string> {
    const name = nameOf(context.settings);
    for (;;) {
      const known = this.tokens.get(name);
      const fetching = known ?? this.fetched(context, name);
      try {
        const token = await fetching;
        if (token.usableUntil > this.now() || !known) return token.value;
        this.forget(name, fetching);
      } catch (error) {
        // What ended another's call at its deadline is no answer to ours.
        if (!known || context.signal.aborted || !isDeadline(error)) throw error;
      }
    }
  }

  /** One that was refused; a newer one stays. */
  async drop({ settings }: CallContext<FcmSettings>, refused: string): Promise<void> {
    const name = nameOf(settings);
    const known = this.tokens.get(name);
    if (known && (await known.catch(() => null))?.value === refused) this.forget(name, known);
  }

  private fetched(context: CallContext<FcmSettings>, name: string): Promise<Token> {
    const fetching = this.fetch(context);
    this.tokens.set(name, fetching);
    fetching.catch(() => this.forget(name, fetching));
    return fetching;
  }

  private forget(name: string, token: Promise<Token>): void {
    if (this.tokens.peek(name) === token) this.tokens.delete(name);
  }

  private async fetch({ settings, fetch }: CallContext<FcmSettings>): Promise<Token> {
    const nowMs = this.now();
    const url = tokenUrlOf(settings);
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: GRANT, assertion: assertionOf(settings, url, nowMs) }).toString(),
    });
    const { access_token: value, expires_in: seconds } = fieldsOf(answer.text);
    if (answer.status !== 200 || typeof value !== 'string') throw new TokenRefused(answer);
    return { value, usableUntil: nowMs + (Number(seconds ?? 0) - SPARE_SECONDS) * 1_000 };
  }
}

const tokenUrlOf = (settings: FcmSettings): string => settings.tokenUrl ?? accountOf(settings).token_uri ?? TOKEN_URL;

const nameOf = (settings: FcmSettings): string => {
  const { client_email, private_key } = accountOf(settings);
  return createHash('sha256')
    .update(JSON.stringify([client_email, private_key, tokenUrlOf(settings)]))
    .digest('base64url');
};

function assertionOf(settings: FcmSettings, audience: string, nowMs: number): string {
  const { client_email, private_key } = accountOf(settings);
  const at = Math.floor(nowMs / 1_000);
  const claims = { iss: client_email, scope: SCOPE, aud: audience, iat: at, exp: at + ASSERTION_SECONDS };
  const signed = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), private_key).toString('base64url')}`;
}

/** By its shape: a deadline's comes from the platform, whose `Error` need not be ours. */
const isDeadline = (thrown: unknown): boolean => {
  const { name } = { ...(thrown as { name?: unknown }), name: (thrown as { name?: unknown }).name };
  return name === 'AbortError' || name === 'TimeoutError';
};

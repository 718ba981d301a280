import { tracingChannel } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEnv } from '../../config/index.js';
import { Faults } from './faults.js';
import { JsonLogger } from './logger.js';

const KEY = `ck_master_${'a'.repeat(12)}_${'b'.repeat(43)}`;
const SECRETS = `ann@example.com used ${KEY} at postgres://user:pass@db`;
const REDACTED = '[redacted] used [redacted] at postgres://[redacted]@db';

describe('a line of the log', () => {
  const said: string[] = [];
  const nothing = () => undefined;
  const lines = tracingChannel<unknown, { instance: object; result?: unknown }>('pino_asJson');
  const hear = {
    start: ({ instance }: { instance: object }) => {
      const stream = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'pino.stream');
      if (stream) Object.assign(instance, { [stream]: { write: nothing } });
    },
    end: ({ result }: { result?: unknown }) => void said.push(String(result)),
    ...{ asyncStart: nothing, asyncEnd: nothing, error: nothing },
  };
  let logger: JsonLogger;

  beforeAll(async () => {
    const env = readEnv({ DATABASE_URL: 'postgres://db/chatapi', REDIS_URL: 'redis://cache' });
    logger = new JsonLogger('trace', await Faults.to(env));
    lines.subscribe(hear);
  });
  afterAll(() => {
    lines.unsubscribe(hear);
  });

  const lineOf = (log: () => void): Record<string, unknown> => {
    log();
    return JSON.parse(said.at(-1) ?? '') as Record<string, unknown>;
  };

  it.each<[string, () => void]>([
    ['words', () => logger.warn(SECRETS)],
    ['an error', () => logger.error(new Error(SECRETS))],
    ['an error among other things', () => logger.error({ err: new Error(SECRETS), job: 'a job' })],
    ['an error with words about it', () => logger.error({ msg: SECRETS, err: new Error(SECRETS) })],
    ['words of another name', () => logger.warn({ msg: REDACTED, detail: { of: [SECRETS] } })],
  ])('holds no key and no address in %s', (_what, log) => {
    const line = lineOf(log);

    expect(JSON.stringify(line)).not.toMatch(/ann@|bbbb|user:pass/);
    expect(line.msg).toBe(REDACTED);
  });

  it('says what it is about beside its words', () => {
    expect(lineOf(() => logger.error({ msg: 'It broke', err: new Error('because'), job: 'sweep' }))).toMatchObject({
      ...{ level: 'error', msg: 'It broke', job: 'sweep' },
      err: { type: 'Error', message: 'because' },
    });
  });

  it('says why, and why that, without keys and addresses, and is not led round by an error that causes itself', () => {
    const error = new Error('Not right now', { cause: new Error('no connection', { cause: new Error(SECRETS) }) });
    const circle = new Error('first');
    circle.cause = new Error('then', { cause: circle });

    expect(lineOf(() => logger.error({ err: error }))).toMatchObject({
      err: { message: 'Not right now', cause: { message: 'no connection', cause: { message: REDACTED } } },
    });
    expect(lineOf(() => logger.warn({ err: circle }))).toMatchObject({
      err: { message: 'first', cause: { message: 'then', cause: { message: 'first', cause: { message: 'then' } } } },
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { readQuickstartSettings } from './quickstart.js';

const OWN = { DATABASE_URL: 'postgres://db/x', REDIS_URL: 'redis://cache' };

describe('what the quickstart starts', () => {
  it.each([
    ['nothing is given', {}, [true, true, true]],
    ['a database is given', { DATABASE_URL: OWN.DATABASE_URL }, [false, true, true]],
    ['a database is given in parts', { POSTGRES_HOST: 'db' }, [false, true, true]],
    ['a Redis is given in a file', { REDIS_URL_FILE: '/run/secrets/redis' }, [true, false, true]],
    ['both are given', OWN, [false, false, true]],
    ['a mail catcher is given', { ...OWN, MAIL_CATCHER_URL: 'smtp://mail:1025' }, [false, false, false]],
    ['variables are empty', { DATABASE_URL: '', REDIS_URL: '', ENVIRONMENT: '' }, [true, true, true]],
    ['it is no local installation', { ENVIRONMENT: 'production' }, [false, false, false]],
  ])('when %s', (_name, source, expected) => {
    const { needsPostgres, needsRedis, needsMailCatcher } = readQuickstartSettings(source);
    expect([needsPostgres, needsRedis, needsMailCatcher]).toEqual(expected);
  });
});

describe('the completed environment', () => {
  it('takes what the user set before what the quickstart adds', () => {
    const env = readQuickstartSettings({ ...OWN, ADMIN_KEY: 'the-users-own-admin-key' }).complete({
      ADMIN_KEY: 'a-generated-admin-key',
      CLIENT_KEY: 'a-generated-client-key',
      DATABASE_URL: 'postgres://embedded/x',
    });
    expect(env).toMatchObject({
      ADMIN_KEY: 'the-users-own-admin-key',
      CLIENT_KEY: 'a-generated-client-key',
      DATABASE_URL: OWN.DATABASE_URL,
    });
  });

  it('lists what is missing in production, where nothing is made up', () => {
    const { complete } = readQuickstartSettings({ ENVIRONMENT: 'production' });
    expect(() => complete({})).toThrow(/DATABASE_URL[^]*REDIS_URL[^]*SECRET_KEY[^]*ADMIN_KEY/);
  });
});

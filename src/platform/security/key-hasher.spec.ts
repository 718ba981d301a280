import { afterAll, describe, expect, it } from '@jest/globals';
import { readEnv } from '../../config/index.js';
import { KeyHasher } from './key-hasher.js';

const SECRET_KEY = 'a-secret-key-for-tests';
const hasher = new KeyHasher(
  readEnv({ DATABASE_URL: 'postgres://nowhere/none', REDIS_URL: 'redis://nowhere', SECRET_KEY }),
);
afterAll(() => hasher.onApplicationShutdown());

describe('a key at rest', () => {
  it('is dear to guess: bcrypt of cost 10, another each time', async () => {
    const hashes = [await hasher.hash('a secret'), await hasher.hash('a secret')] as const;

    expect(hashes).toEqual([expect.stringMatching(/^\$2[ab]\$10\$/), expect.stringMatching(/^\$2[ab]\$10\$/)]);
    expect(hashes[0]).not.toBe(hashes[1]);
    await expect(hasher.matches('a secret', hashes[0], hasher.pepper)).resolves.toBe(true);
    await expect(hasher.matches('another secret', hashes[0], hasher.pepper)).resolves.toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { readEnv } from '../config/env.js';
import { InvalidPlugin } from '../extension/invalid-plugin.js';
import { QuickstartFault, sentenceFor } from './fault.js';

const systemError = (fields: object): Error => Object.assign(new Error('a system error'), fields);

describe('what the person at the keyboard reads', () => {
  it.each([
    ['a fault', new QuickstartFault('It is so: do this.'), 'It is so: do this.'],
    ['a plugin that cannot be', new InvalidPlugin(['One sentence.', 'Another.']), 'One sentence.\nAnother.'],
    [
      'a taken port',
      systemError({ code: 'EADDRINUSE', port: 8000 }),
      'Port 8000 is taken: stop what uses it or set PORT to another.',
    ],
    [
      'a folder without permission',
      systemError({ code: 'EACCES', path: '/data/x' }),
      '/data/x cannot be used (EACCES): give this user the folder, or set CHATAPI_HOME to one it owns.',
    ],
  ])('%s: one sentence with the cure', (_name, error, sentence) => {
    expect(sentenceFor(error)).toBe(sentence);
  });

  it('every fault of the environment at once', () => {
    const faults = (() => {
      try {
        return readEnv({ PORT: 'x', ROLE: 'y', ENVIRONMENT: 'production' });
      } catch (error) {
        return sentenceFor(error);
      }
    })();
    for (const name of ['PORT', 'ROLE', 'DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'ADMIN_KEY'])
      expect(faults).toContain(`${name}: `);
  });

  it.each([new TypeError('x is undefined'), systemError({ code: 'ECONNREFUSED', port: 1 }), 'a string'])(
    'a defect keeps its stack: %s',
    (error) => {
      expect(sentenceFor(error)).toBeUndefined();
    },
  );
});

import { describe, expect, it } from '@jest/globals';
import { readFrame } from './raw.frame.js';

const read = (text: string) => readFrame(Buffer.from(text), false);

describe('a raw frame', () => {
  it.each([
    ['{}', {}],
    ['{"cmd":"ping"}', { cmd: 'ping' }],
    ['{"id":0,"cmd":"ping"}', { id: 0, cmd: 'ping' }],
    ['{"id":4294967295,"cmd":"ping"}', { id: 4_294_967_295, cmd: 'ping' }],
    [' {"id":1,"cmd":"x","data":[1]} ', { id: 1, cmd: 'x', data: [1] }],
    ['{"id":1,"cmd":"x","more":true}', { id: 1, cmd: 'x', more: true }],
  ])('is %s', (text, frame) => {
    expect(read(text)).toEqual(frame);
  });

  it.each([
    ...['', ' ', 'x', 'null', '1', '"ping"', '[]', '[{}]', '{', '{"id":1}', '{"data":{}}', '{"cmd":1}', '{"cmd":null}'],
    ...['{"id":"1","cmd":"x"}', '{"id":-1,"cmd":"x"}', '{"id":1.5,"cmd":"x"}', '{"id":4294967296,"cmd":"x"}'],
    ...['{"id":null,"cmd":"x"}', '{"cmd":"x"}{"cmd":"y"}', "{'cmd':'x'}"],
  ])('is not %j', (text) => {
    expect(read(text)).toBeNull();
  });

  it('is text of at most 64 KiB, in one piece or several', () => {
    const fits = JSON.stringify({ cmd: 'x', data: 'x'.repeat(65_536 - 21) });
    const bytes = Buffer.from(fits);

    expect(bytes.length).toBe(65_536);
    expect(readFrame(bytes, false)).not.toBeNull();
    expect(readFrame([bytes.subarray(0, 9), bytes.subarray(9)], false)).not.toBeNull();
    expect(readFrame(Buffer.concat([bytes, Buffer.from(' ')]), false)).toBeNull();
    expect(readFrame(Buffer.from('{"cmd":"ping"}'), true)).toBeNull();
  });
});

import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { type DiscoveryService, Reflector } from '@nestjs/core';
import { discovered } from './discovered.js';

const MARK = 'a mark';

const aClass = (name: string | null): object => {
  class Marked {}
  if (name !== null) Reflect.defineMetadata(MARK, { name }, Marked);
  return new Marked();
};
const foundIn = (...instances: (object | undefined)[]) => {
  const discovery = { getProviders: () => instances.map((instance) => ({ instance })) } as unknown as DiscoveryService;
  const house = { discovery, reflector: new Reflector() };
  return discovered<{ name: string }>(house, MARK, ({ name }) => name, 'things');
};

describe('what is found by a decorator', () => {
  it('is everything that bears it, by its name', () => {
    const [one, other] = [aClass('one'), aClass('other')];

    const found = foundIn(one, aClass(null), undefined, other);

    expect([...found].map(([name, { instance }]) => [name, instance])).toEqual([
      ['one', one],
      ['other', other],
    ]);
  });

  it('stops the boot when two are of one name', () => {
    expect(() => foundIn(aClass('one'), aClass('one'))).toThrow('Two things are named one: Marked and Marked.');
  });
});

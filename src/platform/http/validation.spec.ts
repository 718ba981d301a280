import { describe, expect, it } from '@jest/globals';
import { InvalidInput } from '../errors/index.js';
import {
  Base64,
  Choices,
  Email,
  Flag,
  Int,
  JsonObject,
  OneOf,
  Part,
  PartList,
  Text,
  TextList,
  Time,
  UserIdField,
  Uuid,
} from './fields.js';
import { validated } from './validation.js';

class Wheel {
  @Int({ min: 10, max: 20 }) readonly inches: number;
  @Text({ max: 5, optional: true }) readonly 'a/b~c'?: string;
}

class Car {
  @Text({ min: 1, max: 5 }) readonly name: string;
  @Text({ max: 5, optional: true, nullable: true }) readonly note?: string | null;
  @Int({ min: 1, max: 9, optional: true }) readonly doors: number = 4;
  @Flag({ optional: true }) readonly electric?: boolean;
  @OneOf(['red', 'blue'], { optional: true }) readonly colour?: string;
  @Uuid({ optional: true }) readonly id?: string;
  @Time({ optional: true }) readonly builtAt?: string;
  @Email({ optional: true }) readonly owner?: string;
  @UserIdField({ optional: true }) readonly driver?: string;
  @JsonObject({ maxBytes: 60, optional: true }) readonly extras?: Record<string, unknown>;
  @Part(() => Wheel, { optional: true }) readonly spare?: Wheel;
  @PartList(() => Wheel, { max: 4, optional: true }) readonly wheels?: Wheel[];
  @TextList({ max: 2, maxLength: 3, optional: true }) readonly tags?: string[];
  @Choices(['a', 'b'], { min: 1, optional: true }) readonly packs?: string[];
  @Base64({ maxBytes: 9, optional: true }) readonly picture?: string;
}

function faults(input: unknown): string[] {
  try {
    validated(Car, input);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return (error.details.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`);
  }
}

describe('input', () => {
  it('becomes its class, with defaults for what is left out', () => {
    const car = validated(Car, { name: 'Ann', note: null, wheels: [{ inches: 15 }], spare: { inches: 15 } });

    expect(car).toBeInstanceOf(Car);
    expect(car).toMatchObject({ name: 'Ann', note: null, doors: 4 });
    expect(car.wheels?.[0]).toBeInstanceOf(Wheel);
    expect(car.spare).toBeInstanceOf(Wheel);
  });

  it('keeps an object of the caller’s own as it is', () => {
    const extras = JSON.parse('{"toString":1,"then":2,"hasOwnProperty":{"a":[null,{}]}}') as Record<string, unknown>;

    expect(validated(Car, { name: 'x', extras: { ...extras } }).extras).toEqual(extras);
  });

  it.each<[unknown, string[]]>([
    [{}, ['/name is_string', '/name min_length', '/name max_length']],
    [{ name: '' }, ['/name min_length']],
    [{ name: 'too long' }, ['/name max_length']],
    [{ name: null }, ['/name is_string', '/name min_length', '/name max_length']],
    [{ name: 'x', doors: 1.5 }, ['/doors is_int']],
    [{ name: 'x', doors: '4' }, ['/doors is_int', '/doors min', '/doors max']],
    [{ name: 'x', doors: 0 }, ['/doors min']],
    [{ name: 'x', doors: null }, ['/doors is_int', '/doors min', '/doors max']],
    [{ name: 'x', electric: 'true' }, ['/electric is_boolean']],
    [{ name: 'x', colour: 'green' }, ['/colour is_in']],
    [{ name: 'x', id: '7' }, ['/id is_uuid']],
    [{ name: 'x', builtAt: '2026-02-30T00:00:00Z' }, ['/builtAt is_iso8601']],
    [{ name: 'x', owner: 'a@b@c' }, ['/owner is_email']],
    [{ name: 'x', owner: 'Ann <ann@example.com>' }, ['/owner is_email']],
    [{ name: 'x', owner: 'ann@example.com\nBcc: x@example.com' }, ['/owner is_email']],
    [{ name: 'x', driver: '' }, ['/driver min_length']],
    [{ name: 'x', extras: { a: 'x'.repeat(60) } }, ['/extras max_bytes']],
    [
      { name: 'x', wheels: [{ inches: 15 }, { inches: 5, 'a/b~c': 7 }] },
      ['/wheels/1/inches min', '/wheels/1/a~1b~0c is_string'],
    ],
    [{ name: 'x', spare: { inches: 15, size: 1 } }, ['/spare/size unknown_field']],
    [{ name: 'x', tags: ['a', 'b', 'c'] }, ['/tags array_max_size']],
    [{ name: 'x', packs: [] }, ['/packs array_min_size']],
    [{ name: 'x', packs: ['a', 'z'] }, ['/packs is_in']],
    [{ name: 'x', wings: 2 }, ['/wings unknown_field']],
    [[], [' is_object']],
    [null, [' is_object']],
    ['x', [' is_object']],
  ])('%j has the faults %j', (input, expected) => {
    expect(faults(input)).toEqual(expect.arrayContaining(expected));
  });

  it.each(['AB==', 'ABC=', 'ABCD', 'a+/9', 'ABCDEFGHIJKL'])('takes %j as Base64', (picture) => {
    expect(faults({ name: 'x', picture })).toEqual([]);
  });

  it.each(['A', 'ABC', 'AB=C', 'A===', '====', '=ABC', 'A=BC', 'ab-_', 'AB D', 'AB\n=', 'ABC=AB==', 'äBCD'])(
    'refuses %j as Base64',
    (picture) => {
      expect(faults({ name: 'x', picture })).toEqual(['/picture is_base64']);
    },
  );

  it('says of a text that is too long no more than that', () => {
    expect(faults({ name: 'x', picture: 'ABCDEFGHIJKL????' })).toEqual(['/picture max_length']);
    expect(faults({ name: 'x', spare: { inches: 15, 'a/b~c': '123456' } })).toEqual(['/spare/a~1b~0c max_length']);
    expect(faults({ name: 'x', owner: `${'a'.repeat(300)} @b` })).not.toContain('/owner matches');
  });

  it('looks at nothing of a list where there should be an object', () => {
    expect(faults({ name: 'x', spare: [{ inches: 5 }] })).toEqual(['/spare is_object']);
    expect(faults({ name: 'x', wheels: [[{ inches: 5 }]] })).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/^\/wheels\/0\/0/)]),
    );
  });

  it('looks at no more of a list than one more than there may be', () => {
    const wheels = Array.from({ length: 1_000 }, () => ({ inches: 5 }));
    expect(faults({ name: 'x', wheels })).toEqual([
      '/wheels array_max_size',
      ...[0, 1, 2, 3, 4].map((n) => `/wheels/${n}/inches min`),
    ]);
  });

  it.each([
    [{ extras: [] }],
    [{ extras: 'x' }],
    [{ spare: [] }],
    [{ spare: 7 }],
    [{ wheels: {} }],
    [{ wheels: [[]] }],
    [{ wheels: [null] }],
    [{ wheels: [7] }],
    [{ tags: 'a' }],
    [{ tags: [7] }],
    [{ tags: [''] }],
  ])('refuses another shape: %j', (part) => {
    expect(faults({ name: 'x', ...part }).join()).toMatch(new RegExp(`^/${Object.keys(part)[0] ?? ''}`));
  });

  it('lists every fault at once', () => {
    expect(faults({ name: '', doors: 0, wings: 1, spare: {} })).toEqual(
      expect.arrayContaining(['/name min_length', '/doors min', '/wings unknown_field', '/spare/inches is_int']),
    );
  });
});

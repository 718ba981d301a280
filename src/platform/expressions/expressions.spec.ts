import { afterAll, describe, expect, it } from '@jest/globals';
import { faultOfExpression } from './expression.rules.js';
import { ExpressionFailed, Expressions } from './expressions.js';

const expressions = new Expressions();
afterAll(() => expressions.close());

const signal = AbortSignal.timeout(60_000);
const filled = async (template: unknown, input: unknown = {}, maxLength = 1_000): Promise<unknown> =>
  JSON.parse(await expressions.fill(template, input, { signal, maxLength }));
const given = { message: { to: '+491', text: 'Grüße 👋', list: [3, 1, 2] }, delivery: { attempt: 2 } };

describe('a template', () => {
  it.each<[unknown, unknown]>([
    [
      { to: { $: 'message.to' }, n: 1 },
      { to: '+491', n: 1 },
    ],
    [{ a: { b: [{ $: 'message.text' }, 'x', null, true] } }, { a: { b: ['Grüße 👋', 'x', null, true] } }],
    [{ $: 'sort(message.list)' }, [1, 2, 3]],
    [{ a: { $: "join('/', [message.to, 'x'])" } }, { a: '+491/x' }],
    [{ a: { $: 'message.nothing.at.all' } }, { a: null }],
    [{ a: { $: 'delivery.attempt > `1`' } }, { a: true }],
    [{ a: { $: 1 } }, { a: { $: 1 } }],
    [{ a: { $: 'message.to', b: 1 } }, { a: { $: 'message.to', b: 1 } }],
    ['plain', 'plain'],
  ])('%j', async (template, expected) => expect(await filled(template, given)).toEqual(expected));

  it.each(['constructor', 'message.constructor', 'toString', '__proto__', 'message.text.length'])(
    'has nothing of what objects inherit: %s',
    async ($) => expect(await filled({ $ }, given)).toBeNull(),
  );

  it('keeps names such as __proto__ to itself', async () => {
    const template = JSON.parse('{"__proto__":{"$":"message.to"},"x":{"$":"{\\"__proto__\\":message}.to"}}') as unknown;

    expect(JSON.stringify(await filled(template, given))).toContain('"__proto__":"+491"');
    expect(await filled({ $: 'polluted' })).toBeNull();
  });
});

describe('an expression that goes too far ends by itself, and the next is well', () => {
  const doubled = `[@,@]${'|[@,@]'.repeat(40)}`;
  it.each<[string, string, string]>([
    ['a result that doubles 40 times', doubled, 'longer than 1000 characters'],
    ['a text of it', `to_string(${doubled})`, 'longer than'],
    ['two of them compared', `(${doubled}) == (${doubled})`, 'longer than 1000 ms'],
    ['a list that doubles', `l${'|[@,@][]'.repeat(40)}`, ''],
    ['a text that is padded', "length(pad_left('x', `400000000`))", 'pad_left() would make'],
    ['a text that doubles', `length('xx'${"|replace(@, 'x', 'xx')".repeat(35)})`, 'replace() would make'],
    ['a text between all characters', `length('xx'${"|replace(@, '', 'xxxx')".repeat(20)})`, 'replace() would make'],
    ['a text that is joined to itself', `length('x'${'|join(@, [@,@,@,@])'.repeat(20)})`, 'join() would make'],
    ['a text that is taken apart and joined', `length('xxx'${"|join('xx', split(@, ''))".repeat(40)})`, 'would make'],
    ['a map within a map', '$.l[*].[$.l[*].[$.l[*].[$.l[*].x]]]', 'too much'],
    ['a filter within a filter', "$.l[?$.l[?$.l[?$.l[?$.l[?x == 'y']]]]]", ''],
    ['a filter in scopes of its own', 'l[*].let $a = x in $.l[*].let $b = x in $.l[?x == $a && x == $b]', ''],
    ['a result that is long', "pad_left('x', `2000`)", 'longer than 1000 characters'],
    ['what is not of the type', "join('/', l)", 'join'],
  ])('%s', async (_what, expression, reason) => {
    const input = { l: Array.from({ length: 200 }, (_none, n) => ({ x: `${n}` })) };

    const failure: unknown = await filled({ $: expression }, input).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ExpressionFailed);
    expect((failure as Error).message).toContain(reason);
    expect(await filled({ $: 'message.to' }, given)).toBe('+491');
  });
});

it('is over at the deadline of the one who asks', async () => {
  await expect(expressions.fill({ $: 'a' }, {}, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
});

it.each([
  ['message.to', null],
  ["join('/', message.list)", null],
  ['message.', 'Syntax error'],
  ['', 'Syntax error'],
  ['((((', 'Syntax error'],
  ['eval(message)', 'no function eval()'],
  ['a[?b(c)].d', 'no function b()'],
  ['a'.repeat(1_001), 'longer than 1000'],
])('%.40s as it is written: %s', (expression, fault) => {
  expect(faultOfExpression(expression)).toEqual(fault === null ? null : expect.stringContaining(fault));
});

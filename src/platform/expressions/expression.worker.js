// Plain JavaScript: a worker thread loads this file by itself, before any TypeScript transform.
import { createContext, Script } from 'node:vm';
import { search, TreeInterpreter } from '@jmespath-community/jmespath';

/** Steps, items of lists and characters that one template may make: what is counted cannot be made without counting. */
const BUDGET = 4_000_000;
/** Of one text that a function makes. */
const TEXT_MAX = 2_000_000;
const PADDING_MAX = 10_000;

let left = 0;

function spend(amount) {
  left -= amount;
  if (left < 0) throw new Error('It makes too much.');
}

/** Characters of a value as JSON, about; of a list that is in it twice, twice. */
function weigh(value, limit) {
  let weight = 0;
  const add = (part) => {
    weight += typeof part === 'string' ? part.length + 2 : 5;
    if (weight > limit) throw new Error(`The result is longer than ${limit} characters.`);
    if (typeof part !== 'object' || part === null) return;
    for (const [name, inner] of Object.entries(part)) {
      if (!Array.isArray(part)) weight += name.length + 3;
      add(inner);
    }
  };
  add(value);
  return weight;
}

const occurrences = (text, part) => (part === '' ? text.length + 1 : text.split(part).length - 1);
const sum = (list) => list.reduce((total, text) => total + text.length, 0);

/** How long a text these functions would make: the only ones that make more than they are given. */
const LENGTHS = {
  join: ([glue, list]) => sum(list) + glue.length * list.length,
  pad_left: ([text, width]) => (width > PADDING_MAX ? Infinity : Math.max(text.length, width)),
  pad_right: ([text, width]) => (width > PADDING_MAX ? Infinity : Math.max(text.length, width)),
  replace: ([text, part, by]) => text.length + occurrences(text, part) * by.length,
  to_string: ([value]) => (typeof value === 'string' ? 0 : weigh(value, TEXT_MAX)),
};

/** The library has no limits of its own: every step of its interpreter, and every call of a function, is counted. */
function limitInterpreter() {
  const interpreter = Object.getPrototypeOf(TreeInterpreter);
  const { visit } = interpreter;
  interpreter.visit = function (node, value) {
    const result = visit.call(this, node, value);
    spend(Array.isArray(result) && node.type !== 'Field' ? 1 + result.length : 1);
    return result;
  };
  const { _functionTable: functions } = TreeInterpreter.runtime;
  for (const [name, lengthOf] of Object.entries(LENGTHS)) {
    const own = functions[name]._func;
    functions[name]._func = function (args) {
      const length = lengthOf(args);
      if (length > TEXT_MAX) throw new Error(`${name}() would make a text of more than ${TEXT_MAX} characters.`);
      spend(length);
      return own.call(this, args);
    };
  }
}
limitInterpreter();

/** What a vm runs can be ended at a time; a function of ours that it calls ends with it. */
const context = createContext({ task: undefined });
const script = new Script('task()');

/** An object without what every object inherits: `constructor` is no field of anybody's data. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.create(null);
  for (const name of Object.keys(value)) copy[name] = plain(value[name]);
  return copy;
}

function filled(template, input) {
  if (Array.isArray(template)) return template.map((part) => filled(part, input));
  if (typeof template !== 'object' || template === null) return template;
  const names = Object.keys(template);
  if (names.length === 1 && typeof template.$ === 'string') return search(input, template.$) ?? null;
  const copy = Object.create(null);
  for (const name of names) copy[name] = filled(template[name], input);
  return copy;
}

function textOf(template, input, maxLength) {
  left = BUDGET;
  const result = filled(template, plain(input));
  weigh(result, maxLength);
  return JSON.stringify(result);
}

/**
 * @param {{ template: unknown, input: unknown, maxLength: number, milliseconds: number }} task
 * @returns {{ text: string } | { fault: string }}
 */
export function fill({ template, input, maxLength, milliseconds }) {
  context.task = () => textOf(template, input, maxLength);
  try {
    return { text: script.runInContext(context, { timeout: milliseconds }) };
  } catch (error) {
    const isLate = error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    return { fault: isLate ? `It took longer than ${milliseconds} ms.` : String(error?.message ?? error) };
  } finally {
    context.task = undefined;
  }
}

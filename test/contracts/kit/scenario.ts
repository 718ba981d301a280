import { Ajv2020 } from 'ajv/dist/2020.js';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A scenario file as it is written; docs/contracts.md explains each field. */
export interface Scenario {
  /** What the file is called, without its ending. */
  readonly name: string;
  readonly title: string;
  readonly given: { readonly users: readonly string[]; readonly rooms?: Readonly<Record<string, GivenRoom>> };
  readonly steps: readonly Step[];
}
export interface GivenRoom {
  readonly members: Readonly<Record<string, 'owner' | 'admin' | 'member'>>;
  readonly [field: string]: unknown;
}
export interface Step {
  readonly as: string;
  readonly do: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly status?: number;
  readonly expect?: unknown;
  readonly refused?: Refusal;
  readonly keep?: string;
  /** By name, or by names with commas between them. */
  readonly hears?: Readonly<Record<string, readonly ExpectedEvent[]>>;
}
export interface Refusal {
  readonly code: string;
  readonly errors?: unknown;
}
export interface ExpectedEvent {
  readonly ev: string;
  readonly offset?: unknown;
  readonly roomId?: unknown;
  readonly data?: unknown;
}

/** Of the moment: they take no offset, are stored nowhere, and only sockets hear them. */
const EPHEMERAL = new Set(['receipt.updated', 'typing.started', 'typing.stopped', 'presence.changed']);
export const isEphemeral = ({ ev }: { readonly ev: string }): boolean => EPHEMERAL.has(ev);

export const SCENARIOS = new URL('../scenarios/', import.meta.url);
const SCHEMA = new URL('../scenario.schema.json', import.meta.url);

/** Every scenario of a folder, by name. @throws when one is not of the form that the schema says */
export function scenariosIn(folder: URL = SCENARIOS): Scenario[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => {
    const content: unknown = parse(readFileSync(new URL(file, folder), 'utf8'));
    const faults = formFaultsOf(content);
    if (faults.length > 0) throw new Error(`${file} is no scenario: ${faults.join('; ')}`);
    return { ...(content as Omit<Scenario, 'name'>), name: file.replace(/\.yaml$/, '') };
  });
}

const fits = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
);

/** Where a file's content is not of the form of a scenario. */
export function formFaultsOf(content: unknown): string[] {
  if (fits(content)) return [];
  return (fits.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Each listener of a step with what they hear. */
export const hearersOf = ({ hears = {} }: Step): [name: string, events: readonly ExpectedEvent[]][] =>
  Object.entries(hears).flatMap(([names, events]) => names.split(', ').map((name) => [name, events] as const)) as [
    string,
    readonly ExpectedEvent[],
  ][];

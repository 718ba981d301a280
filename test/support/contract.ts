import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { Judge, type Schema, SETTINGS } from './judge.js';

/** The parts of an OpenAPI document that tests read. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: string[];
  readonly security: Record<string, string[]>[];
  readonly parameters: {
    $ref?: string;
    name?: string;
    in?: string;
    required?: boolean;
    example?: unknown;
    schema?: Schema;
  }[];
  readonly requestBody?: { content: Content };
  readonly responses: Record<string, Response>;
  readonly 'x-scopes': string[];
}
export type Content = Record<string, { schema: Schema; examples: Record<string, { $ref?: string; value?: unknown }> }>;
export interface Response {
  readonly description: string;
  readonly headers: Record<string, unknown>;
  readonly content?: Content;
}
export interface Document {
  readonly info: Record<string, unknown>;
  readonly tags: { name: string; description: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: Record<'schemas' | 'responses' | 'examples' | 'headers' | 'parameters', Record<string, unknown>>;
}

export interface Answer {
  readonly method: string;
  /** Without the origin. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
  readonly headers?: Headers;
}

/** Refusals of who is not let in, and of failed keys, which nobody's limit counts. */
const NOT_COUNTED_STATUSES = [401, 500, 503];
const NOT_COUNTED_CODES = ['client_suspended', 'forbidden', 'rate_limited'];

/** An OpenAPI document as a judge of answers. */
export class Contract extends Judge<Document> {
  private readonly operations: { method: string; form: RegExp; operation: Operation }[];

  constructor(document: Document) {
    super(document, new Ajv2020(SETTINGS));
    // Literal segments before parameters: /rooms/all is not a room.
    const paths = Object.entries(document.paths).sort(([a], [b]) => a.split('{').length - b.split('{').length);
    this.operations = paths.flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ method, form: formOf(path), operation })),
    );
  }

  /** What the answer has that the document does not say; nothing for routes that are none. */
  faultsOf({ method, path, status, contentType, body, headers }: Answer): string[] {
    const route = path.split('?')[0] ?? path;
    const found = this.operations.find((one) => one.method === method.toLowerCase() && one.form.test(route));
    if (!found) return [];
    const { operationId, responses, security } = found.operation;
    const limits = headers && security.length > 0 && isReadable(route) ? limitFaults(headers, status, body) : [];
    if (limits.length > 0) return limits.map((fault) => `${operationId} ${status}: ${fault}`);
    const response = responses[status] && this.resolved<Response>(responses[status]);
    if (!response) return [`${operationId} is not documented to answer ${status}: ${JSON.stringify(body)}`];
    if (!response.content) return body === '' ? [] : [`${operationId} ${status} is documented to have no body`];
    const type = contentType.split(';')[0] ?? '';
    const media = response.content[type];
    if (!media) return [`${operationId} ${status} is not documented to be ${type}`];
    const faults = this.faultsIn(body, media.schema).map((fault) => `${operationId} ${status}: ${fault}`);
    return type === 'application/problem+json' ? [...faults, ...undocumentedCode(operationId, media, body)] : faults;
  }
}

function undocumentedCode(operationId: string, media: Content[string], body: unknown): string[] {
  const { code } = body as { code: string };
  return code in media.examples ? [] : [`${operationId} is not documented to refuse with ${code}`];
}

/** An address that cannot be decoded is nowhere: nobody asks who calls. */
function isReadable(route: string): boolean {
  try {
    return decodeURIComponent(route) !== '';
  } catch {
    return false;
  }
}

/** Every authenticated answer says the limit with the least left, and in all of its headers the same one. */
function limitFaults(headers: Headers, status: number, body: unknown): string[] {
  const said = (name: string) => headers.get(`RateLimit-${name}`);
  const limit = said('Limit');
  if (limit === null) {
    const { code = '' } = (body ?? {}) as { code?: string };
    const isCounted = !NOT_COUNTED_STATUSES.includes(status) && !NOT_COUNTED_CODES.includes(code);
    return isCounted ? ['there is no RateLimit-Limit'] : [];
  }
  const [remaining, reset] = [Number(said('Remaining') ?? NaN), Number(said('Reset') ?? NaN)];
  const seconds = Number(/^(\d+);w=(\d+)$/.exec(said('Policy') ?? '')?.[2] ?? NaN);
  const isRight =
    said('Policy') === `${limit};w=${seconds}` &&
    remaining >= 0 &&
    remaining < Number(limit) &&
    reset > 0 &&
    reset <= seconds;
  return isRight ? [] : [`RateLimit-* say ${[limit, said('Remaining'), said('Reset'), said('Policy')].join(' ')}`];
}

const formOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);

let committed: Contract | undefined;
/** The document of the repository. */
export const theContract = (): Contract =>
  (committed ??= new Contract(JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Document));

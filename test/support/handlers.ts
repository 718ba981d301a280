import { type Operation, theContract } from './contract.js';
import { type DocumentedTransport, type SocketOperation, theSocketContract } from './socket-contract.js';
import type { TransportName } from './sockets.js';

/** What a caller can ask for or hear, as the documents say it: a matrix over these cannot forget a new one. */
export interface Handler {
  /** As `POST /rooms/{id}/join`, or `message.send`. */
  readonly name: string;
  /** What its caller needs: scopes, `master` or `operator`. */
  readonly scopes: readonly string[];
}
export interface RouteHandler extends Handler {
  readonly method: string;
  /** With its parameters by name, as `/rooms/{id}`. */
  readonly path: string;
  readonly isPublic: boolean;
  readonly takesBody: boolean;
  readonly takesIdempotencyKey: boolean;
  /** The query parameters that it cannot do without. */
  readonly needsQuery: readonly string[];
  /** Whether it gives out cursors. */
  readonly isList: boolean;
}

const ROOT = '/api/v1';

/** Every route of docs/openapi.json. */
export const routeHandlers: readonly RouteHandler[] = Object.entries(theContract().document.paths).flatMap(
  ([address, item]) => Object.entries(item).map(([method, operation]) => routeOf(method, address, operation)),
);

/** Every command of docs/asyncapi.json; both transports have the same. */
export const commandHandlers: readonly Handler[] = commandsOf('raw');

function routeOf(method: string, address: string, operation: Operation): RouteHandler {
  const { security, parameters, requestBody, 'x-scopes': scopes } = operation;
  const verb = method.toUpperCase();
  const path = address.slice(ROOT.length);
  const named = (place: string) => parameters.filter((parameter) => parameter.in === place);
  return {
    name: `${verb} ${path}`,
    method: verb,
    path,
    scopes,
    isPublic: security.length === 0,
    takesBody: requestBody !== undefined,
    takesIdempotencyKey: named('header').some(({ name }) => name === 'Idempotency-Key'),
    needsQuery: named('query').flatMap(({ name, required }) => (required && name ? [name] : [])),
    isList: named('query').some(({ name }) => name === 'cursor'),
  };
}

/** The commands that the document knows on a transport. */
export function commandsOf(transport: DocumentedTransport): Handler[] {
  return operationsOn(transport).flatMap(({ 'x-command': name, 'x-scopes': scopes = [] }) =>
    name === undefined ? [] : [{ name, scopes }],
  );
}

/** The events that the document knows on a transport, and what a key needs to hear each. */
export function eventsOf(transport: DocumentedTransport): Handler[] {
  return operationsOn(transport).flatMap(({ 'x-event': name, 'x-scopes': scopes = [] }) =>
    name === undefined ? [] : [{ name, scopes }],
  );
}

/** The transport as the document calls it. */
export const documented = (transport: TransportName): DocumentedTransport => (transport === 'raw' ? 'raw' : 'socketIo');

function operationsOn(transport: DocumentedTransport): SocketOperation[] {
  return Object.entries(theSocketContract().document.operations).flatMap(([key, operation]) =>
    key.startsWith(`${transport}.`) ? [operation] : [],
  );
}

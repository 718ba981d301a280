import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { type Schemas, schemasOf } from '../../http/index.js';
import { commandsOf, eventsOf, gatewaysOf } from '../gateways.js';
import { CommandErrorView, RefusedHandshakeView, ServerCloseView } from '../wire.view.js';
import { ChannelWriter } from './channel-writer.js';
import { CONTROLS } from './control.js';
import { frame, SECURITY_SCHEMES } from './frame.js';
import type { AsyncApiDocument, Transport } from './model.js';

const WIRE_VIEWS = [CommandErrorView, RefusedHandshakeView, ServerCloseView];

/** The AsyncAPI document of an application: every command and event of its gateways, over both transports. */
export function describeSockets(app: INestApplication): AsyncApiDocument {
  const gateways = gatewaysOf(new DiscoveryService(app.get(ModulesContainer))).map(({ type }) => type);
  const commands = gateways.flatMap(commandsOf).sort(byName);
  const events = gateways
    .flatMap((gateway) => Object.entries(eventsOf(gateway)))
    .map(([name, event]) => ({ name, event }))
    .sort(byName);
  const schemas = schemasOf(app, [
    ...WIRE_VIEWS,
    ...commands.flatMap(({ input, returns }) => [input, returns]),
    ...events.map(({ event }) => event.data),
  ]);
  const written = (transport: Transport): ChannelWriter => {
    const writer = new ChannelWriter(transport, schemas);
    for (const [name, control] of Object.entries(CONTROLS[transport])) writer.control(name, control);
    for (const command of commands) writer.command(command);
    for (const { name, event } of events) writer.event(name, event);
    return writer;
  };
  const [raw, socketIo] = [written('raw'), written('socketIo')];
  const channels = { raw: raw.channel, socketIo: socketIo.channel };
  return {
    ...frame(),
    channels,
    operations: { ...raw.operations, ...socketIo.operations },
    components: { schemas: referredIn(channels, schemas), securitySchemes: SECURITY_SCHEMES },
  };
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;
const namesIn = (thing: unknown): string[] =>
  [...JSON.stringify(thing).matchAll(REFERENCE)].flatMap(([, name]) => name!);

/** The schemas that something refers to, and those that they refer to. */
function referredIn(thing: unknown, schemas: Schemas): Schemas {
  const found = new Set(namesIn(thing));
  for (const name of found) for (const further of namesIn(schemas[name])) found.add(further);
  return Object.fromEntries([...found].sort().flatMap((name) => (schemas[name] ? [[name, schemas[name]]] : [])));
}

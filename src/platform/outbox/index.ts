export { atHops, currentHops, HOPS_HEADER, MAX_HOPS } from './hops.js';
export { OutboundCatalogue, type OutboundType } from './outbound-catalogue.js';
export type {
  OutboundDeclaration,
  OutboundEvent,
  OutboundEventName,
  OutboundTable,
  OutboundTables,
} from './outbound-event.js';
export { Outbox, type OutboxListener } from './outbox.js';
export { OutboxModule } from './outbox.module.js';

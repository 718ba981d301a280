import { Global, Module } from '@nestjs/common';
import { OutboundCatalogue } from './outbound-catalogue.js';
import { Outbox } from './outbox.js';

@Global()
@Module({ providers: [Outbox, OutboundCatalogue], exports: [Outbox, OutboundCatalogue] })
export class OutboxModule {}

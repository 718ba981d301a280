import { type DynamicModule, Module, type ValueProvider } from '@nestjs/common';
import type { Plugin } from './extension/index.js';
import { channelsOf } from './extension/plugin.js';
import { ExtensionModule } from './extension/extension.module.js';
import { ENV, type ResolvedEnv } from './config/index.js';
import { EVERYTHING_SEALED } from './everything-sealed.js';
import { AdminModule } from './modules/admin/index.js';
import { AlertsModule } from './modules/alerts/index.js';
import { AnalyticsModule } from './modules/analytics/index.js';
import { AuditModule } from './modules/audit/index.js';
import { AuthModule } from './modules/auth/index.js';
import { ClientsModule, declareLimitedChannels } from './modules/clients/index.js';
import { EndpointsModule } from './modules/endpoints/index.js';
import { EscalationModule } from './modules/escalation/index.js';
import { MessagesModule } from './modules/messages/index.js';
import { IN_HOUSE_CHANNEL, NotificationsModule } from './modules/notifications/index.js';
import { ProvidersModule } from './modules/providers/index.js';
import { QuotasModule } from './modules/quotas/index.js';
import { ReceiptsModule } from './modules/receipts/index.js';
import { RoomsModule } from './modules/rooms/index.js';
import { SigningModule } from './modules/signing/index.js';
import { SuppressionsModule } from './modules/suppressions/index.js';
import { UsersModule } from './modules/users/index.js';
import { WebhooksModule } from './modules/webhooks/index.js';
import { DatabaseModule } from './platform/database/index.js';
import { HousekeepingModule } from './platform/housekeeping/index.js';
import { HttpModule } from './platform/http/index.js';
import { ObservabilityModule, Tracing } from './platform/observability/index.js';
import { OutboxModule } from './platform/outbox/index.js';
import { QueueModule } from './platform/queue/index.js';
import { RealtimeModule } from './platform/realtime/index.js';
import { RedisModule } from './platform/redis/index.js';
import { SecurityModule } from './platform/security/index.js';
import { WorkModule } from './platform/work/index.js';
import { email } from './plugins/email/index.js';
import { fcm } from './plugins/fcm/index.js';
import { http } from './plugins/http/index.js';
import { mailgun } from './plugins/mailgun/index.js';
import { push } from './plugins/push/index.js';
import { simulator } from './plugins/simulator/index.js';
import { sms } from './plugins/sms/index.js';
import { smtp } from './plugins/smtp/index.js';
import { twilio } from './plugins/twilio/index.js';
import { webhook } from './plugins/webhook/index.js';
import { webhookSchemes } from './plugins/webhook-schemes/index.js';
import { webpush } from './plugins/webpush/index.js';

/** The environment, and what was made of it before anything else, as everything injects it. */
@Module({})
class EnvModule {
  static of(env: ResolvedEnv, tracing: ValueProvider): DynamicModule {
    const providers = [{ provide: ENV, useValue: env }, tracing];
    return { module: EnvModule, global: true, providers, exports: [ENV, Tracing] };
  }
}

const NO_TRACING = { provide: Tracing, useValue: Tracing.off() };
const PLATFORM = [
  DatabaseModule,
  RedisModule,
  SecurityModule,
  HttpModule,
  ObservabilityModule,
  WorkModule,
  OutboxModule,
  HousekeepingModule,
];
const FEATURES = [
  AuditModule,
  AuthModule,
  ClientsModule,
  UsersModule,
  RoomsModule,
  QuotasModule,
  MessagesModule,
  ProvidersModule,
  SigningModule,
  SuppressionsModule,
  AnalyticsModule,
];
/** First-party plugins come in by the same door as a customer's. */
const PLUGINS = [email, push, sms, webhook, smtp, mailgun, twilio, webpush, fcm, http, simulator, webhookSchemes];

export interface AppOptions {
  readonly env: ResolvedEnv;
  readonly plugins?: readonly Plugin[];
}

/** The only list of modules in the house. */
@Module({})
export class AppModule {
  /** @param tracing provides `Tracing`, whose own types are no part of the package; off unless given */
  static forRoot({ env, plugins = [] }: AppOptions, tracing: ValueProvider = NO_TRACING): DynamicModule {
    const all = [...PLUGINS, ...plugins];
    declareLimitedChannels([IN_HOUSE_CHANNEL, ...channelsOf(all).map(({ name }) => name)]);
    const notifications = NotificationsModule.forRole(env.ROLE, channelsOf(all));
    const endpoints = EndpointsModule.forRole(env.ROLE);
    const webhooks = WebhooksModule.forRole(env.ROLE, notifications);
    return {
      module: AppModule,
      imports: [
        EnvModule.of(env, tracing),
        ...PLATFORM,
        QueueModule.forRole(env.ROLE),
        RealtimeModule.forRole(env.ROLE),
        ExtensionModule.of(all),
        ...FEATURES,
        notifications,
        AlertsModule.with(notifications),
        EscalationModule.with(notifications),
        ReceiptsModule.with(notifications),
        endpoints,
        AdminModule.with(EVERYTHING_SEALED, notifications, endpoints, webhooks),
        // Last: the door of inbound webhooks would take in other addresses of three parts.
        webhooks,
      ],
    };
  }
}

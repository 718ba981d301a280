import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { discovered } from './discovered.js';
import { type Scheme, WEBHOOK_SCHEME, type WebhookSchemeDescriptor } from './webhook-scheme.js';

/** Of a scheme without settings: validation refuses whatever it is given. */
class NoSettings {}

export interface RegisteredScheme extends WebhookSchemeDescriptor {
  readonly settings: Type<object>;
  readonly scheme: Scheme<object>;
}

/** Finds every {@link WebhookScheme} at boot. Two of one name stop it. */
@Injectable()
export class WebhookSchemeRegistry implements OnModuleInit {
  private readonly schemes = new Map<string, RegisteredScheme>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const found = discovered<WebhookSchemeDescriptor>(
      { discovery: this.discovery, reflector: this.reflector },
      WEBHOOK_SCHEME,
      ({ name }) => name,
      'webhook schemes',
    );
    for (const [name, { descriptor, instance }] of found)
      this.schemes.set(name, { settings: NoSettings, ...descriptor, scheme: instance as Scheme<object> });
  }

  find(name: string): RegisteredScheme | undefined {
    return this.schemes.get(name);
  }

  all(): RegisteredScheme[] {
    return [...this.schemes.values()];
  }
}

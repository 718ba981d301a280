import { Injectable, type OnApplicationBootstrap, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { type Access, ACCESS } from './access.js';

/** Stops the boot when an HTTP handler says nothing about who may call it. */
@Injectable()
export class AccessCheck implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onApplicationBootstrap(): void {
    const open = this.discovery
      .getControllers()
      .flatMap(({ metatype }) => (metatype ? this.undeclared(metatype as Type) : []));
    if (open.length > 0)
      throw new Error(
        `These handlers do not say who may call them (@RequireScopes, @MasterOnly, …): ${open.join(', ')}`,
      );
  }

  private undeclared(controller: Type): string[] {
    const prototype = controller.prototype as Record<string, () => unknown>;
    return this.scanner
      .getAllMethodNames(prototype)
      .filter((name) => {
        const handler = prototype[name];
        if (!handler || this.reflector.get<RequestMethod | undefined>(METHOD_METADATA, handler) === undefined)
          return false;
        return this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [handler, controller]) === undefined;
      })
      .map((name) => `${controller.name}.${name}`);
  }
}

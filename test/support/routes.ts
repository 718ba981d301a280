import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { type Access, ACCESS } from '../../src/platform/security/index.js';
import { commandsOf as commandsIn, gatewaysOf } from '../../src/platform/realtime/gateways.js';
import type { TestApp } from './app.js';

/** A handler of the running house, and who it says may call it. */
export interface Declared {
  readonly name: string;
  readonly access: Access | undefined;
}
export interface Route extends Declared {
  readonly method: string;
  /** With its parameters by name, as `/rooms/:id`. */
  readonly path: string;
}

type Handlers = Record<string, (() => unknown) | undefined>;

const join = (...parts: string[]): string =>
  `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;

/** Every route under `/api/v1`. */
export function routesOf(app: TestApp): Route[] {
  const reflector = app.part(Reflector);
  return app
    .part(DiscoveryService)
    .getControllers()
    .flatMap(({ metatype }) => {
      const controller = metatype as Type;
      return methodsOf(app, controller.prototype as Handlers).flatMap((handler) => {
        const verb = reflector.get<RequestMethod | undefined>(METHOD_METADATA, handler);
        if (verb === undefined) return [];
        const path = join(
          reflector.get<string>(PATH_METADATA, controller),
          reflector.get<string>(PATH_METADATA, handler),
        );
        const access = reflector.getAllAndOverride<Access | undefined>(ACCESS, [handler, controller]);
        const method = RequestMethod[verb] ?? '';
        return [{ name: `${method} ${path}`, method, path, access }];
      });
    })
    .filter(({ path }) => path !== '/metrics');
}

/** Every command of both socket transports. */
export const commandsOf = (app: TestApp): Declared[] =>
  gatewaysOf(app.part(DiscoveryService)).flatMap(({ type }) => commandsIn(type));

function methodsOf(app: TestApp, prototype: Handlers): (() => unknown)[] {
  return app
    .part(MetadataScanner)
    .getAllMethodNames(prototype)
    .flatMap((name) => prototype[name] ?? []);
}

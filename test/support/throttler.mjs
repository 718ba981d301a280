// Stands in for '@nestjs/throttler' in Jest: the package is CommonJS and requires Nest, which is ESM. Node does that by itself;
// Jest only from Node 24.9 on. So what it requires is loaded here first, and handed over by test/support/resolver.mjs.
import { createRequire } from 'node:module';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';

globalThis[Symbol.for('chatapi.test.nest')] = { ...common, ...core };

export const { ThrottlerGuard, ThrottlerModule, ThrottlerStorage } = createRequire(import.meta.url)(
  '../../node_modules/@nestjs/throttler',
);

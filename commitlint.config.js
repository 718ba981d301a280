const MODULES = [
  'admin',
  'alerts',
  'analytics',
  'audit',
  'auth',
  'clients',
  'endpoints',
  'escalation',
  'messages',
  'notifications',
  'providers',
  'quotas',
  'receipts',
  'rooms',
  'signing',
  'suppressions',
  'users',
  'webhooks',
];
const PLATFORM = ['database', 'http', 'observability', 'outbox', 'queue', 'realtime', 'security', 'work'];
const REST = [
  'bench',
  'ci',
  'config',
  'deploy',
  'deps',
  'docs',
  'extension',
  'plugins',
  'quickstart',
  'release',
  'test',
];

export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'scope-enum': [2, 'always', [...MODULES, ...PLATFORM, ...REST]],
    'body-max-line-length': [2, 'always', 120],
    'footer-max-line-length': [2, 'always', 120],
  },
};

#!/usr/bin/env node
/** The commands of the installed package: `npx chatapi`. Each reads its settings from the environment. */
const COMMANDS: Readonly<Record<string, () => Promise<unknown>>> = {
  start: () => import('./main.js'),
  migrate: () => import('./platform/database/migrate-cli.js'),
  verify: () => import('./verify.js'),
  doctor: () => import('./doctor.js'),
  rotate: () => import('./rotate.js'),
};

/** Only the doctor is told how to answer. */
const isAsked = (command: string, options: readonly string[]): boolean =>
  options.length === 0 || (command === 'doctor' && options.join() === '--json');

const [name = 'start', ...more] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) && isAsked(name, more) ? COMMANDS[name] : undefined;
if (command) await command();
else {
  process.stderr.write(`chatapi ${Object.keys(COMMANDS).join(' | ')}\n`);
  process.exitCode = 1;
}
export {};

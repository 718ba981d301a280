import { execFile } from 'node:child_process';
import type { TestApp } from './app.js';

/** `npm run secrets:rotate` with these keys. @returns its exit code, and what it said */
export function rotated(
  { environment }: Pick<TestApp, 'environment'>,
  SECRET_KEY: string,
): Promise<{ code: number; said: string }> {
  const options = { env: { PATH: process.env.PATH, ...environment, SECRET_KEY }, cwd: process.cwd() };
  return new Promise((resolve) =>
    execFile(process.execPath, ['dist/rotate.js'], options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr }),
    ),
  );
}

import { readFileSync } from 'node:fs';

/** From the package itself, which lies three folders up in the source and in what is built. */
export function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QuickstartFault } from './fault.js';

/** What a start tells the next one, so that addresses and data stay where they were. */
export interface Remembered {
  postgresPort?: number;
  redisPort?: number;
  smtpPort?: number;
  mailPort?: number;
  /** Where PostgreSQL's data is, when its user cannot enter this folder. */
  postgresFolder?: string;
}

/** The quickstart's folder, `.chatapi`: everything that a start leaves for the next one. */
export class Home {
  constructor(readonly folder: string) {
    // Others may pass through but not look: PostgreSQL runs as another user when root starts it.
    mkdirSync(folder, { recursive: true, mode: 0o711 });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  remembered(): Remembered {
    return this.readJson<Remembered>('remembered.json') ?? {};
  }

  remember(news: Remembered): void {
    this.writeJson('remembered.json', { ...this.remembered(), ...news });
  }

  /** Undefined when the file does not exist. */
  readJson<T extends object>(name: string): T | undefined {
    try {
      return JSON.parse(readFileSync(this.path(name), 'utf8')) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (!(error instanceof SyntaxError)) throw error;
      throw new QuickstartFault(
        `${this.path(name)} is damaged: restore it, or delete ${this.folder} to begin anew without its data.`,
      );
    }
  }

  writeJson(name: string, content: object): void {
    this.write(name, `${JSON.stringify(content, null, 2)}\n`);
  }

  /** Whole or not at all, and readable by this user only: these files hold keys. */
  write(name: string, content: string): void {
    const draft = this.path(`${name}.${randomBytes(4).toString('hex')}`);
    writeFileSync(draft, content, { mode: 0o600 });
    renameSync(draft, this.path(name));
  }
}

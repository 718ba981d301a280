import { isNativeError } from 'node:util/types';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger as Pino, type LoggerOptions, pino } from 'pino';
import type { Faults } from './faults.js';
import { scrub, scrubbed } from './scrub.js';

/** Never in a log: keys, secrets, what people wrote, where they can be reached. */
const REDACTED = [
  'authorization',
  'apiKey',
  'key',
  'secret',
  'password',
  'masterKey',
  'content',
  'body',
  'html',
  'text',
  'email',
  'phone',
  'recipient',
  'settings',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** An error's causes may go round in a circle, and none further down says more. */
const CAUSES_MAX = 3;

/** With its causes: that something is not available says nothing without why. */
const errorFields = (error: Error, causes = CAUSES_MAX): object => ({
  type: error.name,
  message: scrub(error.message),
  stack: scrub(error.stack ?? ''),
  ...('code' in error && typeof error.code === 'string' && { code: error.code }),
  ...(causes > 0 && isNativeError(error.cause) && { cause: errorFields(error.cause, causes - 1) }),
});

/** Said by itself, pino would say the error's own words as the line's, and those as they are. */
const wordsOf = (said: unknown): string | undefined =>
  said instanceof Error ? said.message : typeof said === 'string' ? said : undefined;

type Message = string | Error | Readonly<Record<string, unknown>>;

const form = (level: string): LoggerOptions => ({
  level,
  base: { pid: process.pid },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});

/** For lines that are many and hold nothing but our own ids: no redaction, and written by the buffer. */
export function plainLog(level: string, to?: DestinationStream): Pino {
  return pino(form(level), to ?? pino.destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: 1_000 }));
}

/** JSON lines on standard output. In a healthy service there are no lines at level `error`. */
export class JsonLogger implements LoggerService {
  private readonly pino: Pino;
  private hear = (): void => undefined;

  /** @param faults told of every error that is logged as one */
  constructor(
    level: string,
    private readonly faults: Faults,
  ) {
    this.pino = pino({
      ...form(level),
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: (error: unknown) => (error instanceof Error ? errorFields(error) : error) },
    });
  }

  /** Calls back for each line at `error` or `fatal` from here on. */
  onError(hear: () => void): void {
    this.hear = hear;
  }

  log(message: Message, context?: string): void {
    this.write('info', message, context);
  }
  error(message: Message, ...rest: unknown[]): void {
    this.write('error', message, rest.at(-1));
  }
  warn(message: Message, context?: string): void {
    this.write('warn', message, context);
  }
  debug(message: Message, context?: string): void {
    this.write('debug', message, context);
  }
  verbose(message: Message, context?: string): void {
    this.write('trace', message, context);
  }
  fatal(message: Message, context?: string): void {
    this.write('fatal', message, context);
  }

  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: Message,
    context: unknown,
  ): void {
    const where = typeof context === 'string' ? { context } : {};
    if (level === 'error' || level === 'fatal') {
      this.hear();
      this.report(message, where);
    }
    if (typeof message === 'string') this.pino[level](where, scrub(message));
    else if (message instanceof Error) this.pino[level]({ ...where, err: message }, scrub(message.message));
    else {
      const { msg, ...rest } = message;
      const words = wordsOf(msg ?? rest.err);
      this.pino[level]({ ...where, ...scrubbed(rest) }, ...(words === undefined ? [] : [scrub(words)]));
    }
  }

  private report(message: Message, where: { readonly context?: string }): void {
    if (message instanceof Error) this.faults.report(message, where);
    else if (typeof message === 'object' && message.err !== undefined)
      this.faults.report(message.err, { ...where, ...message });
  }
}

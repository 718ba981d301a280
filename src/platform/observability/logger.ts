import type { LoggerService } from '@nestjs/common';
import { type Logger as Pino, pino } from 'pino';

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

/** Addresses and keys inside free text, such as another library's error message. */
const LOOSE =
  /ck_(?:master|scoped)_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<=:\/\/)[^\s/@]+(?=@)/g;
const scrub = (text: string): string => text.replace(LOOSE, '[redacted]');

const errorFields = (error: Error): object => ({
  type: error.name,
  message: scrub(error.message),
  stack: scrub(error.stack ?? ''),
  ...('code' in error && typeof error.code === 'string' && { code: error.code }),
});

type Message = string | Error | Readonly<Record<string, unknown>>;

/** JSON lines on standard output. In a healthy service there are no lines at level `error`. */
export class JsonLogger implements LoggerService {
  private readonly pino: Pino;

  constructor(level: string) {
    this.pino = pino({
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: (error: unknown) => (error instanceof Error ? errorFields(error) : error) },
    });
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
    if (typeof message === 'string') this.pino[level](where, scrub(message));
    else if (message instanceof Error) this.pino[level]({ ...where, err: message });
    else this.pino[level]({ ...where, ...message });
  }
}

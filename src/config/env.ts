import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { plainToInstance, Transform, Type } from 'class-transformer';
import ipaddr from 'ipaddr.js';
import {
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateBy,
  validateSync,
} from 'class-validator';

export const ENVIRONMENTS = ['local', 'staging', 'production'] as const;
export const ROLES = ['all', 'api', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** Used only in `ENVIRONMENT=local`, where nothing is worth protecting; elsewhere `SECRET_KEY` is required. */
const LOCAL_SECRET_KEY = 'local-development-only-secret-key';
/** A value given as `NAME_FILE=/path` is read from that file: how Docker and Kubernetes hand over secrets. */
const FILE_BACKED = [
  'DATABASE_URL',
  'POSTGRES_PASSWORD',
  'REDIS_URL',
  'SECRET_KEY',
  'ADMIN_KEY',
  'CLIENT_KEY',
  'SENTRY_DSN',
  'OTEL_EXPORTER_OTLP_HEADERS',
];

/** Written in full: `10/8` and `010.0.0.0/8` are read in more than one way. */
const isCidr = (text: unknown): boolean =>
  typeof text === 'string' &&
  ipaddr.isValidCIDR(text) &&
  (text.includes(':') ? !text.includes('%') : ipaddr.IPv4.isValidCIDRFourPartDecimal(text));

/** As the exporter's specification has them: a `%` begins an escape, or stands as `%25`. */
function isHeaderList(text: unknown): boolean {
  if (typeof text !== 'string' || !/^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/.test(text)) return false;
  try {
    return decodeURIComponent(text).length > 0;
  } catch {
    return false;
  }
}

const list = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean)
    : value;

/** Every setting of the process. Read once, by {@link readEnv}; nothing else touches `process.env`. */
export class Env {
  /** `local` starts what is missing and relaxes requirements; `staging` and `production` require every secret. */
  @IsIn(ENVIRONMENTS)
  readonly ENVIRONMENT: (typeof ENVIRONMENTS)[number] = 'local';

  /** `api` serves HTTP and sockets, `worker` delivers and sweeps, `all` does both. */
  @IsIn(ROLES)
  readonly ROLE: Role = 'all';

  /** The port of the API and of both socket transports; `0` takes a free one. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly PORT: number = 8000;

  /** A port of its own for `/metrics` and `/live`, in every role; none unless told. `0` takes a free one. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly METRICS_PORT?: number;

  /** The address to listen on; `127.0.0.1` keeps the service on this machine. */
  @IsString()
  readonly HOST: string = '0.0.0.0';

  /** PostgreSQL 14 or newer, as `postgres://user:password@host:5432/database`. */
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\/\S+$/, { message: 'must be a postgres:// address' })
  readonly DATABASE_URL?: string;

  /** Connections this process opens to PostgreSQL at most. */
  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(200)
  readonly DATABASE_POOL_SIZE: number = 20;

  /** Redis 6.2 or newer, or Valkey, as `redis://host:6379/0`. */
  @IsOptional()
  @Matches(/^rediss?:\/\/\S+$/, { message: 'must be a redis:// or rediss:// address' })
  readonly REDIS_URL?: string;

  /** Put before every Redis key and channel, so that installations can share one Redis. */
  @Matches(/^[A-Za-z0-9:_-]{1,64}$/)
  readonly REDIS_PREFIX: string = 'chatapi';

  /** Comma-separated; the first encrypts and signs, all decrypt and verify. */
  @Transform(list)
  @IsArray()
  @MinLength(16, { each: true })
  readonly SECRET_KEY: string[] = [LOCAL_SECRET_KEY];

  /** The key of the installation's operator. Without it, what needs the operator answers 401. */
  @IsOptional()
  @MinLength(16)
  readonly ADMIN_KEY?: string;

  /** The master key of the default client, which is made at the first boot. */
  @IsOptional()
  @MinLength(16)
  readonly CLIENT_KEY?: string;

  /** Where callers reach this installation from outside; used in links that leave it. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  readonly PUBLIC_URL?: string;

  /** The least severe lines that are written. */
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  readonly LOG_LEVEL: string = 'info';

  /** Where faults are reported; without it, nowhere but the log. */
  @IsOptional()
  @IsString()
  readonly SENTRY_DSN?: string;

  /** Where traces go, by OTLP over HTTP, as `http://collector:4318`; without it there are none. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  /** Sent along with traces, as `name=value,name=value`: where the collector wants a key. */
  @IsOptional()
  @ValidateBy(
    { name: 'isHeaderList', validator: { validate: isHeaderList } },
    { message: 'must be name=value pairs, comma-separated, with values in percent-encoding' },
  )
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string;

  /** What this installation is called in traces. */
  @IsString()
  readonly OTEL_SERVICE_NAME: string = 'chatapi';

  /** The share of traces that are kept, of those that begin here: 1 is all; what callers began is theirs to decide. */
  @Type(() => Number)
  @IsNumber()
  @Min(0)
  @Max(1)
  readonly OTEL_TRACES_SAMPLER_ARG: number = 1;

  /** How often what has ended is sent, in milliseconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(60_000)
  readonly OTEL_BSP_SCHEDULE_DELAY: number = 5_000;

  /** Proxies in front of this process whose `X-Forwarded-For` is believed: a count, or addresses and CIDRs. */
  @Matches(/^[0-9a-fA-F:.,/\s]+$|^(loopback|linklocal|uniquelocal)(,|$)/)
  readonly TRUST_PROXY: string = '0';

  /** Browser origins that may call the API; none by default. */
  @Transform(list)
  @IsArray()
  @IsString({ each: true })
  readonly CORS_ORIGINS: string[] = [];

  /** Private networks that outbound calls may reach, as CIDRs; none by default. */
  @Transform(list)
  @IsArray()
  @ValidateBy(
    { name: 'isCidr', validator: { validate: isCidr } },
    { each: true, message: 'must be CIDRs such as 10.0.0.0/8' },
  )
  readonly EGRESS_ALLOW_CIDRS: string[] = [];

  /** In `local`, mail of clients without an email provider goes here, as `smtp://127.0.0.1:1025`. */
  @IsOptional()
  @Matches(/^smtp:\/\/\S+$/, { message: 'must be an smtp:// address' })
  readonly MAIL_CATCHER_URL?: string;

  /** Packages, or paths of files, that export plugins; installed beside the service. */
  @Transform(list)
  @IsArray()
  @IsString({ each: true })
  readonly CHATAPI_PLUGINS: string[] = [];

  /** How long a worker may hold a piece of work before others take it over; twice a provider call's deadline at least. */
  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(3_600)
  readonly WORK_LEASE_SECONDS: number = 60;

  /** Pieces of work one worker process has in hand at once. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly WORK_CONCURRENCY: number = 100;

  /** How long work that ended is kept, with its attempts. Notifications and their timelines stay. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3_650)
  readonly WORK_RETENTION_DAYS: number = 30;

  /** How long webhook events, in and out, are kept with what became of them; so long they can be replayed. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3_650)
  readonly WEBHOOK_RETENTION_DAYS: number = 30;

  /** How long the figures of analytics are kept by the minute. */
  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(3_650)
  readonly ANALYTICS_MINUTES_DAYS: number = 8;

  /** How long they are kept by the quarter, the hour and the day. */
  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(36_500)
  readonly ANALYTICS_HOURS_DAYS: number = 400;

  /** How long it is kept who did what. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3_650)
  readonly AUDIT_RETENTION_DAYS: number = 365;

  /** How often rooms are swept for inactivity. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(86_400)
  readonly ROOM_SWEEP_SECONDS: number = 60;

  /** How often it is looked for messages that members who are away have left unread. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(86_400)
  readonly ESCALATION_SWEEP_SECONDS: number = 1;

  /** How often sockets are told the head of their rooms, so that a lost event shows. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3_600)
  readonly ROOM_HEAD_SECONDS: number = 30;

  /** How long a stopping process lets work and sockets finish. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(300)
  readonly DRAIN_SECONDS: number = 25;

  /** How long a stopping process goes on taking HTTP requests, so that load balancers can notice that it goes. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(60)
  readonly LINGER_SECONDS: number = 1;
}

/** The environment with its settings resolved: what the house works with. */
export type ResolvedEnv = Readonly<Env> & { readonly DATABASE_URL: string; readonly REDIS_URL: string };

/** Lists every fault of the environment at once, and never a value. */
export class InvalidEnvironment extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The environment is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'InvalidEnvironment';
  }
}

/**
 * Reads and checks the environment.
 * @throws InvalidEnvironment naming every faulty or missing setting
 */
export function readEnv(source: NodeJS.ProcessEnv = process.env): ResolvedEnv {
  const { values, problems } = withFiles(source);
  const known = Object.fromEntries(
    Object.entries(values).filter(([name, value]) => name in new Env() || isSetting(name, value)),
  );
  const env = plainToInstance(Env, known, { exposeDefaultValues: true });
  for (const fault of validateSync(env, { skipMissingProperties: false })) {
    problems.push(`${fault.property}: ${Object.values(fault.constraints ?? {}).join(', ')}`);
  }
  const databaseUrl = env.DATABASE_URL ?? fromPostgresParts(values);
  problems.push(...missing(env, values, databaseUrl));
  if (problems.length > 0) throw new InvalidEnvironment(problems);
  return Object.freeze({ ...env, DATABASE_URL: databaseUrl, REDIS_URL: env.REDIS_URL }) as ResolvedEnv;
}

/**
 * The one setting of what only looks at the database.
 * @throws InvalidEnvironment when it is missing
 */
export function databaseUrl(source: NodeJS.ProcessEnv = process.env): string {
  const { values, problems } = withFiles(source);
  const url = values.DATABASE_URL ?? fromPostgresParts(values);
  if (!url) throw new InvalidEnvironment([...problems, DATABASE_URL_MISSING]);
  return url;
}

const DATABASE_URL_MISSING =
  'DATABASE_URL: is required (or POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB)';

function missing(env: Env, values: NodeJS.ProcessEnv, databaseUrl: string | undefined): string[] {
  const problems: string[] = [];
  if (!databaseUrl) problems.push(DATABASE_URL_MISSING);
  if (!env.REDIS_URL && !values.REDIS_URL) problems.push('REDIS_URL: is required');
  if (env.ENVIRONMENT !== 'local') {
    for (const name of ['SECRET_KEY', 'ADMIN_KEY'])
      if (!values[name]) problems.push(`${name}: is required unless ENVIRONMENT is local`);
  }
  return problems;
}

const OPTIONAL_SETTINGS = new Set([
  'DATABASE_URL',
  'REDIS_URL',
  'ADMIN_KEY',
  'CLIENT_KEY',
  'METRICS_PORT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'PUBLIC_URL',
  'SENTRY_DSN',
  'MAIL_CATCHER_URL',
]);
const isSetting = (name: string, value: unknown): boolean => value !== undefined && OPTIONAL_SETTINGS.has(name);

function withFiles(source: NodeJS.ProcessEnv): { values: NodeJS.ProcessEnv; problems: string[] } {
  const problems: string[] = [];
  // An empty variable means "not set": Compose and CI pass unset ones on as ''.
  const values = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  for (const name of FILE_BACKED) {
    const file = values[`${name}_FILE`];
    if (!file || values[name]) continue;
    try {
      values[name] = readFileSync(file, 'utf8').trim();
    } catch {
      problems.push(`${name}_FILE: names a file that cannot be read`);
    }
  }
  return { values, problems };
}

function fromPostgresParts(values: NodeJS.ProcessEnv): string | undefined {
  const { POSTGRES_HOST: host, POSTGRES_USER: user, POSTGRES_DB: database } = values;
  if (!host || !user || !database) return undefined;
  const password = values.POSTGRES_PASSWORD ? `:${encodeURIComponent(values.POSTGRES_PASSWORD)}` : '';
  return `postgres://${encodeURIComponent(user)}${password}@${host}:${values.POSTGRES_PORT ?? '5432'}/${encodeURIComponent(database)}`;
}

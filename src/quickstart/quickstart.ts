import { existsSync } from 'node:fs';
import type { ResolvedEnv } from '../config/env.js';
import type { QuickstartSettings } from '../config/quickstart.js';
import { tellAddresses } from './addresses.js';
import { banner, withoutPassword } from './banner.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { embeddedRedis } from './embedded-redis.js';
import { portTaken, QuickstartFault } from './fault.js';
import { Home } from './home.js';
import { Lock } from './lock.js';
import { startMailCatcher, type MailCatcher } from './mail-catcher.js';
import { isFree } from './ports.js';
import type { ProcessRef } from './processes.js';
import { loadSecrets, type Secrets } from './secrets.js';
import { Servers } from './servers.js';
import type { Shutdown } from './shutdown.js';

/** Stands for an address that is known only when its server runs, so that the rest can be checked before. */
const NOT_YET = {
  DATABASE_URL: 'postgres://localhost/not-yet',
  REDIS_URL: 'redis://localhost',
  MAIL_CATCHER_URL: 'smtp://localhost',
};

export interface QuickstartVoice {
  readonly say: (line: string) => void;
  /** Hears of what goes wrong after the start. */
  readonly fail: (error: unknown) => void;
}

/** Starts what the environment does not name, then the service, and says so. */
export class Quickstart {
  private readonly began = performance.now();

  constructor(
    private readonly settings: QuickstartSettings,
    private readonly shutdown: Shutdown,
    private readonly voice: QuickstartVoice,
  ) {}

  async run(npm: ProcessRef | undefined): Promise<void> {
    const env = this.settings.complete(this.settings.mayComplete ? NOT_YET : {});
    if (!this.settings.mayComplete) {
      await this.serve(env);
      return;
    }
    const home = new Home(this.settings.home);
    const lock = await Lock.take(home, npm);
    this.shutdown.undo(() => lock.release());
    await assertPortFree(env);
    await this.startIn(home, lock, env.PORT);
  }

  private async startIn(home: Home, lock: Lock, wantedPort: number): Promise<void> {
    const hadData = existsSync(home.path('secrets.json'));
    const secrets = loadSecrets(home);
    // Loading the service takes as long as starting PostgreSQL, so both happen at once.
    const [started] = await Promise.all([this.startServers(home, lock, secrets), import('../boot.js')]);
    this.shutdown.check();
    const reached = wantedPort === 0 ? {} : { PUBLIC_URL: `http://localhost:${wantedPort}` };
    const env = this.settings.complete({ ...started.additions, ...reached });
    const port = await this.serve(env);
    this.shutdown.check();
    const addresses = this.addresses(env);
    this.shutdown.undo(
      tellAddresses(home, {
        CHATAPI_URL: `http://localhost:${port}`,
        ADMIN_KEY: addresses.adminKey,
        CLIENT_KEY: addresses.clientKey,
        MAIL_URL: started.catcher?.webUrl,
      }),
    );
    this.voice.say(
      banner({
        ...addresses,
        port,
        mail: started.catcher,
        home: { folder: home.folder, hadData },
        seconds: (performance.now() - this.began) / 1_000,
      }),
    );
  }

  private async startServers(
    home: Home,
    lock: Lock,
    secrets: Secrets,
  ): Promise<{ additions: NodeJS.ProcessEnv; catcher?: MailCatcher }> {
    const { needsPostgres, needsRedis, needsMailCatcher, path } = this.settings;
    const { say, fail } = this.voice;
    const servers = new Servers(lock, this.shutdown, say, fail);
    const [postgres, redis, catcher] = await Promise.all([
      needsPostgres ? servers.run('PostgreSQL', EmbeddedPostgres.of(home, secrets.postgresPassword)) : undefined,
      needsRedis ? servers.run('Redis', embeddedRedis(home, { path, say })) : undefined,
      needsMailCatcher ? startMailCatcher(home) : undefined,
    ]);
    if (catcher) this.shutdown.undo(() => catcher.stop());
    const { ADMIN_KEY, CLIENT_KEY, SECRET_KEY } = secrets;
    const addresses = { DATABASE_URL: postgres?.url, REDIS_URL: redis?.url, MAIL_CATCHER_URL: catcher?.smtpUrl };
    // A person sits at this terminal: the banner must not drown in what is going well, nor Ctrl-C take its time.
    const manners = { LOG_LEVEL: 'warn', DRAIN_SECONDS: '2', LINGER_SECONDS: '0' };
    // What is being developed against the service, and what it calls, is on this machine.
    const ownMachine = { EGRESS_ALLOW_CIDRS: '127.0.0.0/8,::1/128' };
    return { catcher, additions: { ...addresses, ADMIN_KEY, CLIENT_KEY, SECRET_KEY, ...manners, ...ownMachine } };
  }

  /** Brings the database up to date and the service up. @returns the port it listens on */
  private async serve(env: ResolvedEnv): Promise<number> {
    const [{ boot }, { migrate }] = await Promise.all([
      import('../boot.js'),
      import('../platform/database/migrate.js'),
    ]);
    await migrate(env.DATABASE_URL);
    this.shutdown.check();
    const service = await boot(env);
    this.shutdown.undo(() => service.close());
    return URL.canParse(service.url) ? Number(new URL(service.url).port) : env.PORT;
  }

  private addresses(env: ResolvedEnv): { databaseUrl: string; redisUrl: string; adminKey: string; clientKey: string } {
    const { needsPostgres, needsRedis } = this.settings;
    return {
      databaseUrl: needsPostgres ? env.DATABASE_URL : withoutPassword(env.DATABASE_URL),
      redisUrl: needsRedis ? env.REDIS_URL : withoutPassword(env.REDIS_URL),
      adminKey: env.ADMIN_KEY ?? '',
      clientKey: env.CLIENT_KEY ?? '',
    };
  }
}

/** Before anything is started, which is when the person is still looking. */
async function assertPortFree({ PORT, HOST, ROLE }: ResolvedEnv): Promise<void> {
  if (ROLE !== 'worker' && PORT !== 0 && !(await isFree(PORT, HOST))) throw new QuickstartFault(portTaken(PORT));
}

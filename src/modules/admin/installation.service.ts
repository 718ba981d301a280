import { Injectable } from '@nestjs/common';
import { Redis } from '../../platform/redis/index.js';
import { SecretBox } from '../../platform/security/index.js';
import { PausedClients, type WorkCount, WorkStore } from '../../platform/work/index.js';
import {
  type ClientCounts,
  InstallationRepository,
  type JobRun,
  type Node,
  type Sealed,
} from './installation.repository.js';

export interface WorkOfKind extends WorkCount {
  /** How long its oldest piece is due. */
  readonly oldestSeconds: number | null;
}

export interface Overview {
  readonly nodes: readonly Node[];
  readonly clients: ClientCounts;
  readonly work: readonly WorkOfKind[];
  readonly jobs: readonly JobRun[];
  readonly databaseVersion: string;
  readonly isRedisUp: boolean;
}

export interface KeyRing {
  /** By their names, the one that seals first. */
  readonly kids: readonly string[];
  readonly sealed: readonly Sealed[];
}

/** How the installation is, for its operator. */
@Injectable()
export class InstallationService {
  constructor(
    private readonly stored: InstallationRepository,
    private readonly work: WorkStore,
    private readonly paused: PausedClients,
    private readonly redis: Redis,
    private readonly box: SecretBox,
  ) {}

  async overview(): Promise<Overview> {
    const [nodes, clients, counts, oldest, jobs, databaseVersion] = await Promise.all([
      ...([
        this.stored.nodes(),
        this.stored.clients(),
        this.work.count(),
        this.work.oldest(this.paused.all()),
      ] as const),
      ...([this.stored.jobs(), this.stored.serverVersion()] as const),
    ]);
    const seconds = new Map(oldest.map((one) => [one.kind, one.seconds]));
    const work = counts.map((count) => ({ ...count, oldestSeconds: seconds.get(count.kind) ?? null }));
    return { nodes, clients, work, jobs, databaseVersion, isRedisUp: this.redis.isUp };
  }

  async keyRing(): Promise<KeyRing> {
    return { kids: this.box.kids, sealed: await this.stored.sealed() };
  }
}

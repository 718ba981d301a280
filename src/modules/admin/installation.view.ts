import { ApiProperty } from '@nestjs/swagger';
import type { KeyRing, Overview } from './installation.service.js';

const TIME = { format: 'date-time', example: '2026-11-24T09:30:00.000Z' } as const;
const count = (example: number) => ({ type: 'integer', example }) as const;
const NULLABLE_TIME = {
  type: String,
  format: 'date-time',
  nullable: true,
  example: '2026-11-24T09:30:00.120Z',
} as const;

class NodeView {
  @ApiProperty({ example: 'all', description: '`ROLE`' }) readonly role: string;
  @ApiProperty({ example: '0.1.0' }) readonly version: string;
  @ApiProperty({ type: String, nullable: true, example: '10.0.0.7', description: 'As the database sees it' })
  readonly address: string | null;
  @ApiProperty({ ...TIME, description: 'Since when it is connected' }) readonly since: string;
}

class ClientCountsView {
  @ApiProperty(count(12)) readonly active: number;
  @ApiProperty(count(1)) readonly suspended: number;
  @ApiProperty({ ...count(0), description: 'Deleted, and not all rows are gone yet' }) readonly beingRemoved: number;
}

class WorkOfKindView {
  @ApiProperty({ example: 'deliveries' }) readonly kind: string;
  @ApiProperty({ ...count(1_000), description: 'All that ever was, in whatever state' }) readonly accepted: number;
  @ApiProperty(count(3)) readonly ready: number;
  @ApiProperty(count(1)) readonly leased: number;
  @ApiProperty(count(0)) readonly held: number;
  @ApiProperty(count(990)) readonly done: number;
  @ApiProperty(count(6)) readonly dead: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.4, description: 'How long the oldest piece is due' })
  readonly oldestSeconds: number | null;
}

class JobView {
  @ApiProperty({ example: 'work.clean' }) readonly name: string;
  @ApiProperty(TIME) readonly startedAt: string;
  @ApiProperty(NULLABLE_TIME) readonly finishedAt: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'ok', description: '`ok`, or what went wrong' })
  readonly outcome: string | null;
}

export class OverviewView {
  @ApiProperty({ type: [NodeView], description: 'The processes that are connected' }) readonly nodes: NodeView[];
  @ApiProperty({ type: ClientCountsView }) readonly clients: ClientCountsView;
  @ApiProperty({ type: [WorkOfKindView] }) readonly work: WorkOfKindView[];
  @ApiProperty({ type: [JobView], description: 'What runs by itself, and how the last run went' })
  readonly jobs: JobView[];
  @ApiProperty({ example: '17.2' }) readonly databaseVersion: string;
  @ApiProperty({ enum: ['up', 'down'], example: 'up' }) readonly redis: 'up' | 'down';

  static of({ nodes, clients, work, jobs, databaseVersion, isRedisUp }: Overview): OverviewView {
    return {
      nodes: nodes.map(({ since, ...node }) => ({ ...node, since: since.toISOString() })),
      ...{ clients, work: [...work] },
      jobs: jobs.map(({ name, startedAt, finishedAt, outcome }) => ({
        ...{ name, startedAt: startedAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null, outcome },
      })),
      ...{ databaseVersion, redis: isRedisUp ? 'up' : 'down' },
    };
  }
}

class RingKeyView {
  @ApiProperty({ example: '1f2e3d4c', description: 'A name made of the key; it says nothing of it' })
  readonly kid: string;
  @ApiProperty({ example: true, description: 'New secrets are sealed with it' }) readonly first: boolean;
}

class SealedCountView {
  @ApiProperty({ type: String, nullable: true, example: '1f2e3d4c' }) readonly kid: string | null;
  @ApiProperty(count(14)) readonly count: number;
  @ApiProperty({ example: true, description: 'Whether `SECRET_KEY` has the key: without it they do not open' })
  readonly known: boolean;
}

class SealedView {
  @ApiProperty({ example: 'provider settings' }) readonly what: string;
  @ApiProperty({ type: [SealedCountView] }) readonly rows: SealedCountView[];
}

export class KeyRingView {
  @ApiProperty({ type: [RingKeyView] }) readonly keys: RingKeyView[];
  @ApiProperty({ type: [SealedView] }) readonly sealed: SealedView[];
  @ApiProperty({
    example: false,
    description: 'Something is under another key than the first: `npm run secrets:rotate`',
  })
  readonly rotationNeeded: boolean;
  @ApiProperty({ example: 0, type: 'integer', description: 'Rows that no listed key opens' })
  readonly unopenable: number;

  static of({ kids, sealed }: KeyRing): KeyRingView {
    const isSealed = ({ what }: { what: string }) => what !== 'API keys'; // those are hashed, and move on with their next use
    const rows = sealed.filter(isSealed).flatMap((one) => one.rows);
    const isKnown = (kid: string | null) => kid === null || kids.includes(kid);
    return {
      keys: kids.map((kid, at) => ({ kid, first: at === 0 })),
      sealed: sealed.map((one) => ({
        what: one.what,
        rows: one.rows.map(({ kid, count: number }) => ({ kid, count: number, known: isKnown(kid) })),
      })),
      rotationNeeded: rows.some(({ kid }) => kid !== kids[0]),
      unopenable: rows.reduce((sum, { kid, count: number }) => sum + (isKnown(kid) ? 0 : number), 0),
    };
  }
}

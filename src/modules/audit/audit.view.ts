import { ApiProperty } from '@nestjs/swagger';
import { ACTOR_TYPES, type ActorType, type AuditEvent } from './audit-event.js';

const ID = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';
const maybe = { type: String, nullable: true } as const;

export class ResourceView {
  @ApiProperty({ example: 'key' }) readonly type: string;
  @ApiProperty({ ...maybe, example: 'f3kJ0a9QpL2x', description: 'Null of a thing that a client has one of' })
  readonly id: string | null;
}

export class ActorView {
  @ApiProperty({
    enum: ACTOR_TYPES,
    example: 'key',
    description: 'The operator of the installation, a key of the client, or the service by itself',
  })
  readonly type: ActorType;
  @ApiProperty({ ...maybe, example: 'aB3dE6gH9jK2' }) readonly keyId: string | null;
  @ApiProperty({ ...maybe, example: 'backend', description: 'As it was called at that time' }) readonly keyName:
    string | null;
  @ApiProperty({ ...maybe, example: null, description: 'The user of the key, or whom a master key named' })
  readonly userId: string | null;
  @ApiProperty({ ...maybe, example: '203.0.113.7', description: 'Where the call came from' }) readonly address:
    string | null;
}

const said = (example: object | null, description: string) =>
  ({ type: 'object', additionalProperties: true, nullable: true, example, description }) as const;

export class AuditEventView {
  @ApiProperty({ format: 'uuid', example: ID }) readonly id: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly at: string;
  @ApiProperty({ example: 'key.revoked' }) readonly action: string;
  @ApiProperty({ type: ResourceView }) readonly resource: ResourceView;
  @ApiProperty({ type: ActorView }) readonly actor: ActorView;
  @ApiProperty({ ...maybe, example: 'b8c1d4e2-0f6a-4d7e-9a35-1c2b3d4e5f60' }) readonly requestId: string | null;
  @ApiProperty(said({ revokedAt: null }, 'What was, of that alone which changed; secrets are masked'))
  readonly before: Readonly<Record<string, unknown>> | null;
  @ApiProperty(said({ revokedAt: '2026-11-24T09:30:00.000Z' }, 'What is')) readonly after: Readonly<
    Record<string, unknown>
  > | null;

  static of(event: AuditEvent): AuditEventView {
    const { id, at, action, resourceType, resourceId, actorType, keyId, keyName, userId, address } = event;
    const { requestId, before, after } = event;
    return {
      ...{ id, at: at.toISOString(), action, resource: { type: resourceType, id: resourceId } },
      ...{ actor: { type: actorType, keyId, keyName, userId, address }, requestId, before, after },
    };
  }
}

export class AuditPageView {
  @ApiProperty({ type: [AuditEventView] }) readonly data: AuditEventView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

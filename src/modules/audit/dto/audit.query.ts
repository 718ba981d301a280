import { PageQuery, Text, Time } from '../../../platform/http/index.js';
import type { AuditFilter } from '../audit-event.js';

export class AuditQuery extends PageQuery implements AuditFilter {
  @Text({ min: 1, max: 64, optional: true, example: 'key.revoked', description: 'What was done' })
  readonly action?: string;
  @Text({ min: 1, max: 32, optional: true, example: 'key', description: 'What kind of thing it was done to' })
  readonly resourceType?: string;
  @Text({ min: 1, max: 128, optional: true, example: 'f3kJ0a9QpL2x', description: 'Its id' })
  readonly resourceId?: string;
  @Text({
    min: 1,
    max: 128,
    optional: true,
    example: 'operator',
    description: 'Who did it: a key by its id, a user by theirs, `operator`, or `system`',
  })
  readonly actor?: string;
  @Time({ optional: true, description: 'At or after' })
  readonly from?: string;
  @Time({ optional: true, description: 'Before' })
  readonly to?: string;
}

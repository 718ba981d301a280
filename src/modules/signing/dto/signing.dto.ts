import { Int } from '../../../platform/http/index.js';
import { OVERLAP_MAX_SECONDS } from '../signing.rules.js';

export class RotateSigningSecretDto {
  @Int({
    min: 0,
    max: OVERLAP_MAX_SECONDS,
    optional: true,
    default: 0,
    example: 86_400,
    description: 'Seconds for which calls are signed with the older secrets, too',
  })
  readonly overlapSeconds: number = 0;
}

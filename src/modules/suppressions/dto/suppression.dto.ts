import { OneOf, PageQuery, PartList, Text } from '../../../platform/http/index.js';
import { IMPORT_MAX } from '../import.rules.js';
import { SUPPRESSION_REASONS, type SuppressionReason } from '../suppressions.rules.js';

const CHANNEL_MAX = 16;
const ADDRESS_MAX = 500;
const channel = { max: CHANNEL_MAX, example: 'email' };
const address = { max: ADDRESS_MAX, example: 'ann@example.com' };

export class SuppressDto {
  @Text({ ...channel, min: 1 })
  readonly channel: string;
  @Text({
    ...address,
    min: 1,
    description: 'An email address, a number, a device’s id, a URL, as the channel has them',
  })
  readonly address: string;
  @OneOf(SUPPRESSION_REASONS, { example: 'manual' })
  readonly reason: SuppressionReason;
}

export class ImportDto {
  @PartList(() => SuppressDto, { min: 1, max: IMPORT_MAX })
  readonly suppressions: SuppressDto[];
}

export class SuppressionsQuery extends PageQuery {
  @Text({ ...channel, optional: true })
  readonly channel?: string;
  @Text({ ...address, optional: true, description: 'However it is written; found when its person was erased, too' })
  readonly address?: string;
  @OneOf(SUPPRESSION_REASONS, { optional: true, example: 'hard_bounce' })
  readonly reason?: SuppressionReason;
}

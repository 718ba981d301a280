import { ValidateBy } from 'class-validator';
import { OneOf, Text, Time } from '../../../platform/http/index.js';
import { INTERVALS, type Interval, isTimeZone } from '../buckets.rules.js';
import { GROUPS } from '../groups.rules.js';

const ZONE_MAX = 64;
const IsZone = (): PropertyDecorator =>
  ValidateBy({
    name: 'timeZone',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isTimeZone(value),
      defaultMessage: () => '$property must be a time zone of the IANA database, such as Europe/Paris',
    },
  });

export class RangeQuery {
  @Time({
    optional: true,
    description: 'The first hour or day is the one that holds it; 24 hours or 7 days ago, unless told',
  })
  readonly from?: string;
  @Time({
    optional: true,
    example: '2026-11-25T09:30:00.000Z',
    description: 'The last is the one that holds the moment before it; now, unless told',
  })
  readonly to?: string;
  @Text({
    optional: true,
    max: ZONE_MAX,
    example: 'Europe/Berlin',
    description: 'Whose hours and days they are; `UTC`, unless told',
  })
  @IsZone()
  readonly timeZone: string = 'UTC';
}

export class SeriesQuery extends RangeQuery {
  @OneOf(INTERVALS, { optional: true, description: '`hour`, unless told; minutes are kept for days, hours for a year' })
  readonly interval?: Interval;
}

const ANY_GROUP = `(${GROUPS.join('|')})`;

export class DeliveriesQuery extends SeriesQuery {
  @Text({
    ...{ optional: true, max: 64, pattern: new RegExp(`^${ANY_GROUP}(,${ANY_GROUP})*$`), example: 'channel,status' },
    description: `Some of ${GROUPS.map((group) => `\`${group}\``).join(', ')}, separated by commas; \`tag\` goes with \`status\` only`,
  })
  readonly groupBy?: string;
}

export class MessagesQuery extends RangeQuery {
  @OneOf(['hour', 'day'], { optional: true, description: '`hour`, unless told' })
  readonly interval?: 'hour' | 'day';
}

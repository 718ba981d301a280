import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Flag, OneOf, Part, Text } from '../../../platform/http/index.js';
import type { ChannelPreference, Preferences, QuietHours } from '../preferences.js';
import { TimeZone } from './user.dto.js';

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

export class ChannelPreferenceDto implements ChannelPreference {
  @Flag({ optional: true, example: false })
  readonly marketing?: boolean;
  @Flag({ optional: true, example: true })
  readonly transactional?: boolean;
}

export class ChannelPreferencesDto {
  @Part(() => ChannelPreferenceDto, { optional: true })
  readonly websocket?: ChannelPreferenceDto;
  @Part(() => ChannelPreferenceDto, { optional: true })
  readonly email?: ChannelPreferenceDto;
  @Part(() => ChannelPreferenceDto, { optional: true })
  readonly push?: ChannelPreferenceDto;
  @Part(() => ChannelPreferenceDto, { optional: true })
  readonly sms?: ChannelPreferenceDto;
}

export class QuietHoursDto implements QuietHours {
  @Text({ max: 5, pattern: CLOCK, example: '22:00' })
  readonly from: string;
  @Text({ max: 5, pattern: CLOCK, example: '07:00', description: 'Before `from`: on the next day' })
  readonly to: string;
  @TimeZone()
  readonly timezone: string;
  @OneOf(['wait', 'drop'], { optional: true, default: 'wait', description: 'What becomes of what comes then' })
  readonly outside: 'wait' | 'drop' = 'wait';
}

export class PreferencesDto {
  @Part(() => ChannelPreferencesDto, { optional: true, description: 'What is absent is wanted' })
  readonly channels: ChannelPreferencesDto = {};
  @Part(() => QuietHoursDto, { optional: true, nullable: true })
  readonly quietHours: QuietHoursDto | null = null;
}

class ChannelPreferenceView implements ChannelPreference {
  @ApiPropertyOptional({ example: false }) readonly marketing?: boolean;
  @ApiPropertyOptional({ example: true }) readonly transactional?: boolean;
}

class ChannelPreferencesView {
  @ApiPropertyOptional({ type: ChannelPreferenceView }) readonly websocket?: ChannelPreference;
  @ApiPropertyOptional({ type: ChannelPreferenceView }) readonly email?: ChannelPreference;
  @ApiPropertyOptional({ type: ChannelPreferenceView }) readonly push?: ChannelPreference;
  @ApiPropertyOptional({ type: ChannelPreferenceView }) readonly sms?: ChannelPreference;
}

class QuietHoursView implements QuietHours {
  @ApiProperty({ example: '22:00' }) readonly from: string;
  @ApiProperty({ example: '07:00' }) readonly to: string;
  @ApiProperty({ example: 'Europe/Paris' }) readonly timezone: string;
  @ApiProperty({ enum: ['wait', 'drop'], example: 'wait' }) readonly outside: 'wait' | 'drop';
}

export class PreferencesView implements Preferences {
  @ApiProperty({ type: ChannelPreferencesView }) readonly channels: ChannelPreferencesView;
  @ApiProperty({ type: QuietHoursView, nullable: true }) readonly quietHours: QuietHours | null;

  static of({ channels, quietHours }: Preferences): PreferencesView {
    return { channels, quietHours };
  }
}

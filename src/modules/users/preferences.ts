/** Channels that reach a person, and so can be declined. */
export const PREFERRED_CHANNELS = ['websocket', 'email', 'push', 'sms'] as const;
export type PreferredChannel = (typeof PREFERRED_CHANNELS)[number];

/** What of a channel is wanted; what is absent is. Critical notifications cannot be declined. */
export interface ChannelPreference {
  readonly marketing?: boolean;
  readonly transactional?: boolean;
}

/** When not to disturb, and what becomes of what comes then. Binds email, push and SMS; never what is critical. */
export interface QuietHours {
  /** `HH:MM`. A `from` after `to` goes over midnight. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
  readonly outside: 'wait' | 'drop';
}

export interface Preferences {
  readonly channels: { readonly [Channel in PreferredChannel]?: ChannelPreference };
  readonly quietHours: QuietHours | null;
}

export const NO_PREFERENCES: Preferences = { channels: {}, quietHours: null };

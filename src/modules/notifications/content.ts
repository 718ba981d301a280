/** What a caller wants shown or sent, by channel; the channel's class says what it is made of. Kept as given. */
export type ChannelContents = Readonly<Record<string, object>>;

/** What a socket may do when its client has no limits of its own. */
export const COMMANDS_PER_SECOND = 50;
export const MAX_IN_FLIGHT = 32;
export const CONNECTIONS_PER_USER = 20;
export const FRAME_BYTES = 64 * 1024;

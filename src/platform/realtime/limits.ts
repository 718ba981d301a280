import type { ClientLimits } from '../security/index.js';

/** What a socket may do when its client has no limits of its own. */
export const COMMANDS_PER_SECOND = 50;
export const MAX_IN_FLIGHT = 32;
export const CONNECTIONS_PER_USER = 20;
/** Of one client, its users' and its master keys' together. */
export const CONNECTIONS = 25_000;
export const FRAME_BYTES = 64 * 1024;

export interface SocketLimits {
  readonly connections: number;
  readonly connectionsPerUser: number;
  readonly commandsPerSecond: number;
  readonly commandsInFlight: number;
  readonly frameBytes: number;
}

/** What holds for a client's sockets: its own limits, and defaults for those it does not have. */
export const socketLimits = ({
  connections = CONNECTIONS,
  connectionsPerUser = CONNECTIONS_PER_USER,
  commandsPerSecond = COMMANDS_PER_SECOND,
}: ClientLimits): SocketLimits => ({
  ...{ connections, connectionsPerUser, commandsPerSecond },
  ...{ commandsInFlight: MAX_IN_FLIGHT, frameBytes: FRAME_BYTES },
});

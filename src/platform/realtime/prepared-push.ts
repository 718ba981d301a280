import * as ws from 'ws';
import type { Principal } from '../security/index.js';
import type { EventName } from './event.js';
import { isEphemeral, type Push } from './push.js';

interface FrameOptions {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly mask: boolean;
  readonly readOnly: boolean;
}
/** ws builds frames with a static method that its types leave out; Socket.IO's own broadcast uses it the same way. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: FrameOptions): Buffer[] } };
const TEXT_FRAME: FrameOptions = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };

/** A push serialised once for all sockets of a transport, not once per socket. */
export class PreparedPush {
  /** Whether a slow reader may go without it. */
  readonly isEphemeral: boolean;
  private raw?: Buffer;
  private packet?: string;
  private frame?: readonly [Buffer];

  constructor(readonly push: Push) {
    this.isEphemeral = isEphemeral(push);
  }

  /** What is for one socket alone. */
  static toOne({ clientId, userId }: Principal, ev: EventName, data: object): PreparedPush {
    const audience = { kind: 'user', id: userId ?? '' } as const;
    return new PreparedPush({ clientId, audience, ev, ts: new Date().toISOString(), data });
  }

  /** The text of the raw transport. */
  get rawText(): Buffer {
    const { ev, roomId, offset, ts, data } = this.push;
    return (this.raw ??= Buffer.from(JSON.stringify({ ev, roomId, offset, ts, data })));
  }

  /** A Socket.IO EVENT packet: https://socket.io/docs/v4/socket-io-protocol/#packet-encoding */
  get socketIoPacket(): string {
    const { ev, roomId, offset, ts, data } = this.push;
    return (this.packet ??= `2${JSON.stringify([ev, data, { roomId, offset, ts }])}`);
  }

  /** The same as a whole WebSocket frame, in one piece so that it is one write; "4" is Engine.IO's MESSAGE. */
  get socketIoFrame(): readonly [Buffer] {
    return (this.frame ??= [Buffer.concat(Sender.frame(Buffer.from(`4${this.socketIoPacket}`), TEXT_FRAME))]);
  }
}

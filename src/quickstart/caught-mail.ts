/** A mail as it came in: the envelope, and every byte. */
export interface CaughtMail {
  readonly id: string;
  readonly receivedAt: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: Buffer;
}

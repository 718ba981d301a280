/** So many at once, and so many a second. */
export class TokenBucket {
  private tokens: number;
  private filledAt = 0;

  constructor(
    private readonly perSecond: number,
    private readonly atOnce: number,
  ) {
    this.tokens = atOnce;
  }

  take(now = Date.now()): boolean {
    this.tokens = Math.min(this.atOnce, this.tokens + ((now - this.filledAt) / 1_000) * this.perSecond);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

import { Injectable } from '@nestjs/common';
import { DomainError } from '../../errors/index.js';
import { Metrics } from '../../observability/metrics.js';

/** Counts who is told to slow down, by the limit that was met: never by whose it is. */
@Injectable()
export class RateRefusals {
  private readonly refused;

  constructor(metrics: Metrics) {
    this.refused = metrics.counter('rate_limited_total', 'What was refused because it came too often', ['scope']);
  }

  /** Every refusal may be handed in; those of other kinds are not counted. */
  note(thrown: unknown): void {
    if (thrown instanceof DomainError && thrown.code === 'rate_limited')
      this.refused.inc({ scope: thrown.details.scope ?? 'client' });
  }
}

// Loaded into a process of the service before it starts: takes a part out of it, to see what the part costs. Only for the benchmark;
// the service has no such switch.
import { Counter, Gauge, Histogram } from 'prom-client';

const nothing = () => undefined;

/** Nothing is counted on the way of a call; `/metrics` is still there. */
function metrics() {
  for (const kind of [Counter, Gauge]) kind.prototype.inc = nothing;
  Histogram.prototype.observe = nothing;
  Histogram.prototype.labels = () => ({ observe: nothing });
}

/** No window is asked, and no `RateLimit-*` said. */
async function limits() {
  const { RateLimitGuard } = await import('../dist/platform/http/limits/rate-limit.guard.js');
  RateLimitGuard.prototype.canActivate = () => Promise.resolve(true);
}

const PARTS = { metrics, limits };
await PARTS[process.env.BENCH_WITHOUT]?.();

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

/** No window is asked. Answers are documented to say how it stands, so that they say something. */
async function limits() {
  const { RateLimitGuard } = await import('../dist/platform/http/limits/rate-limit.guard.js');
  const said = { Limit: '2', Remaining: '1', Reset: '1', Policy: '2;w=1' };
  RateLimitGuard.prototype.canActivate = (context) => {
    const response = context.switchToHttp().getResponse();
    for (const [name, value] of Object.entries(said)) response.setHeader(`RateLimit-${name}`, value);
    return Promise.resolve(true);
  };
}

const PARTS = { metrics, limits };
await PARTS[process.env.BENCH_WITHOUT]?.();

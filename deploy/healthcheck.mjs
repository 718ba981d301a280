// The container's health: 0 when the process answers, 1 when it does not. A worker answers on METRICS_PORT alone; without one
// a running process is all there is to see from here. What it does its metrics and the age of the oldest ready work tell.
const { ROLE, PORT = '8000', METRICS_PORT } = process.env;
const PATIENCE_MS = 4_000;
const address = ROLE === 'worker' ? METRICS_PORT && `:${METRICS_PORT}/live` : `:${PORT}/api/v1/utils/live`;

if (address) {
  const answer = await fetch(`http://127.0.0.1${address}`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => undefined);
  process.exitCode = answer?.ok ? 0 : 1;
}

// The container's health: 0 when the process answers, 1 when it does not. A worker serves no HTTP, so for it a running
// process is all there is to see from here; what it does, its metrics and the age of the oldest ready work tell.
const { ROLE, PORT = '8000' } = process.env;
const PATIENCE_MS = 4_000;

if (ROLE !== 'worker') {
  const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/utils/live`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => undefined);
  process.exitCode = answer?.ok ? 0 : 1;
}

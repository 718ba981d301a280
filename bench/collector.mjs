// Loaded into the service's processes: collects garbage when asked to, so that what remains can be measured.
process.on('SIGUSR2', () => {
  globalThis.gc();
  globalThis.gc();
});

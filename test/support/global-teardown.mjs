export default async function stopServers() {
  await Promise.all((globalThis.testServers ?? []).map((server) => server.remove()));
}

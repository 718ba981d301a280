import type { TestClient } from './clients.js';

interface SmtpServer {
  readonly port: number;
  readonly host?: string;
  readonly username?: string;
  readonly password?: string;
}

/** An SMTP provider of a client, at a server. @returns its id */
export async function anSmtpProvider(
  client: TestClient,
  { port, host = '127.0.0.1', username, password }: SmtpServer,
  wish: object = {},
): Promise<string> {
  const settings = { host, port, from: 'shop@example.com', username, password };
  const { status, body } = await client.master.post('/providers', { kind: 'smtp', name: 'Mail', settings, ...wish });
  if (status !== 201) throw new Error(`No provider: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

/** A provider of a client, of any kind. @returns its id */
export async function aProvider(
  client: TestClient,
  kind: string,
  settings: object,
  wish: object = {},
): Promise<string> {
  const { status, body } = await client.master.post('/providers', { kind, name: kind, settings, ...wish });
  if (status !== 201) throw new Error(`No provider: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

/** What a started service tells the person who started it. */
export interface BannerFacts {
  readonly port: number;
  readonly adminKey: string;
  readonly clientKey: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Present when the quickstart runs the mail catcher. */
  readonly mail?: { readonly smtpUrl: string; readonly webUrl: string };
  /** The folder with data and keys, and whether an earlier start left data in it; absent when nothing embedded runs. */
  readonly home?: { readonly folder: string; readonly hadData: boolean };
  readonly seconds: number;
}

type Row = readonly [name: string, value: string];
const NAME_WIDTH = 20;

/** Every address, the keys, and three calls that work when pasted. */
export function banner(facts: BannerFacts): string {
  const lines = [
    '',
    `ChatAPI is ready (${facts.seconds.toFixed(1)} s)`,
    '',
    ...addresses(facts).map(row),
    '',
    row(['Admin key', facts.adminKey]),
    row(['Master key', `${facts.clientKey}  (of the default client)`]),
    '',
    'Create a room, send a message into it, send an email:',
    '',
    ...calls(facts),
    '',
    ...dataLine(facts),
    ...nextLine(facts),
    'Ctrl-C stops everything.',
    '',
  ];
  return lines.join('\n');
}

function addresses({ port, databaseUrl, redisUrl, mail }: BannerFacts): Row[] {
  const http = `http://localhost:${port}`;
  const rows: Row[] = [
    ['API', `${http}/api/v1`],
    ['Swagger UI', `${http}/docs`],
    ['ReDoc', `${http}/redoc`],
    ['OpenAPI', `${http}/api/v1/openapi.json`],
    ['AsyncAPI', `${http}/asyncapi`],
    ['Health', `${http}/api/v1/utils/health-check`],
    ['Socket.IO', `${http} (path /sockets)`],
    ['Raw WebSocket', `ws://localhost:${port}/api/v1/websocket/open`],
    ['Queues', `${http}/admin/queues (user admin, password: the admin key)`],
    ['PostgreSQL', databaseUrl],
    ['Redis', redisUrl],
  ];
  if (!mail) return rows;
  return [...rows, ['Mail catcher', mail.webUrl], ['Mail catcher SMTP', mail.smtpUrl]];
}

function calls({ port, clientKey }: BannerFacts): string[] {
  const post = (path: string, body: string, ...headers: string[]): string =>
    [
      `curl -s http://localhost:${port}/api/v1${path}`,
      ...[`Authorization: Bearer ${clientKey}`, 'Content-Type: application/json', ...headers].map(
        (header) => `-H '${header}'`,
      ),
      `-d '${body}'`,
    ].join(' ');
  const room = post('/rooms', '{"type":"group","name":"First room","members":["bob"]}', 'X-User-Id: ann');
  const message = post('/messages', `{"roomId":"'"$ROOM"'","content":"Hello, Bob"}`, 'X-User-Id: ann');
  const email = post(
    '/notifications/send',
    '{"to":{"email":"ann@example.com"},"channels":{"email":{"subject":"Hello","text":"It works"}}}',
  );
  return [`ROOM=$(${room} | grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4); echo "$ROOM"`, message, email];
}

/** A server of the user's own keeps its password to itself. */
export function withoutPassword(url: string): string {
  const address = new URL(url);
  if (address.password) address.password = '***';
  return address.href;
}

function dataLine({ home }: BannerFacts): string[] {
  if (!home) return [];
  return [
    home.hadData
      ? `The data and keys of the earlier start are kept: ${home.folder}`
      : `Data and keys are kept in ${home.folder} for the next start; delete it to begin anew.`,
  ];
}

function nextLine({ home }: BannerFacts): string[] {
  if (!home) return [];
  return [
    `In another terminal, \`. ${home.folder}/env\` sets these addresses and keys, and \`npm run demo\` uses them.`,
  ];
}

const row = ([name, value]: Row): string => `  ${name.padEnd(NAME_WIDTH)}${value}`;

import { createHmac, randomBytes } from 'node:crypto';
import { aVendor, type Vendor, type VendorAnswer, type VendorCall } from './vendor.js';

/** One mail that one recipient gets. */
export interface MailgunMail {
  readonly to: string;
  readonly messageId: string;
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly { field: string; name: string; type: string; content: string }[];
}

export interface MailgunEventData extends Record<string, unknown> {
  readonly id: string;
  readonly event: string;
  readonly timestamp: number;
}

export interface FakeMailgun extends Vendor {
  readonly mails: MailgunMail[];
  readonly events: MailgunEventData[];
  /** Of the domain, as `GET /v4/domains/{name}` tells it. */
  state: string;
}

interface Account {
  readonly apiKey: string;
  readonly domain: string;
  readonly pageSize?: number;
}

const BATCH_MAX = 1_000;

/** Mailgun's API for messages, events and one domain, as documented. */
export async function aMailgun({ apiKey, domain, pageSize }: Account): Promise<FakeMailgun> {
  const mails: MailgunMail[] = [];
  const events: MailgunEventData[] = [];
  const vendor = await aVendor((call) => {
    const expected = `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`;
    if (call.headers.authorization !== expected) return { status: 401, body: 'Forbidden' };
    if (call.method === 'POST' && call.path === `/v3/${domain}/messages`) return accept(call, domain, mails);
    if (call.method === 'GET' && call.path === `/v4/domains/${domain}`)
      return { body: { domain: { name: domain, state: fake.state }, sending_dns_records: [] } };
    if (call.method === 'GET' && call.path.startsWith(`/v3/${domain}/events`)) return page(call, fake, pageSize);
    return { status: 404, body: { message: `Domain not found: ${call.path}` } };
  });
  const fake: FakeMailgun = Object.assign(vendor, { mails, events, state: 'active' });
  return fake;
}

async function accept({ headers, body }: VendorCall, domain: string, mails: MailgunMail[]): Promise<VendorAnswer> {
  const type = { 'content-type': headers['content-type'] ?? '' };
  const request = new Response(new Uint8Array(body), { headers: type });
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- not meant for what strangers send: a test's own is read here
  const form = await request.formData();
  const fields: Record<string, string[]> = {};
  const files: { field: string; name: string; type: string; content: string }[] = [];
  for (const [field, value] of form) {
    if (typeof value === 'string') (fields[field] ??= []).push(value);
    else files.push({ field, name: value.name, type: value.type, content: await value.text() });
  }
  const { to = [], from: [from] = [], ['recipient-variables']: [variables] = [] } = fields;
  const bad = to.find((address) => !/^[^@\s<>]+@[^@\s<>]+$/.test(plain(address)));
  if (bad !== undefined || to.length === 0 || to.length > BATCH_MAX)
    return { status: 400, body: { message: "'to' parameter is not a valid address. please check documentation" } };
  if (from === undefined) return { status: 400, body: { message: 'from parameter is missing' } };
  const messageId = fields['h:Message-Id']?.[0] ?? `<${randomBytes(8).toString('hex')}@${domain}>`;
  const known = variables === undefined ? null : (JSON.parse(variables) as Record<string, Record<string, string>>);
  for (const address of to) {
    const own = known?.[plain(address)] ?? {};
    const filled = Object.entries(fields).map(([name, values]) => [name, values.map((value) => fill(value, own))]);
    const seen = known === null ? to : [address];
    mails.push({ to: plain(address), messageId, files, fields: { ...Object.fromEntries(filled), to: seen } });
  }
  return { body: { id: messageId, message: 'Queued. Thank you.' } };
}

const plain = (address: string): string => /<([^<>]*)>$/.exec(address)?.[1] ?? address;
const fill = (text: string, variables: Record<string, string>): string =>
  text.replace(/%recipient\.(\w+)%/g, (whole, name: string) => variables[name] ?? whole);

/** From `begin` on, the oldest first; the link names the page. */
function page({ path, query }: VendorCall, { events, url }: FakeMailgun, pageSize?: number): VendorAnswer {
  const token = /\/events\/(.+)$/.exec(path)?.[1];
  const { begin, limit, offset } = token
    ? (JSON.parse(Buffer.from(token, 'base64url').toString()) as { begin: number; limit: number; offset: number })
    : { begin: Number(query.get('begin')), limit: pageSize ?? Number(query.get('limit')), offset: 0 };
  if (!token && query.get('ascending') !== 'yes') return { status: 400, body: { message: 'ascending is missing' } };
  const found = events.filter(({ timestamp }) => timestamp >= begin).sort((a, b) => a.timestamp - b.timestamp);
  const next = Buffer.from(JSON.stringify({ begin, limit, offset: offset + limit })).toString('base64url');
  return {
    body: {
      items: found.slice(offset, offset + limit),
      paging: { next: `${url}${path.replace(/\/events.*/, '/events')}/${next}` },
    },
  };
}

export const anEvent = (wish: Partial<MailgunEventData> = {}): MailgunEventData => ({
  id: randomBytes(9).toString('base64url'),
  event: 'delivered',
  timestamp: Math.floor(Date.now()) / 1_000,
  recipient: 'ann@example.com',
  message: { headers: { 'message-id': '4711@mg.example.com', to: 'ann@example.com' } },
  'user-variables': {},
  ...wish,
});

/** A call as Mailgun makes it: the signature is over the time and the token. */
export function signed(event: object, key: string, { at = Date.now(), token = randomBytes(25).toString('hex') } = {}) {
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  return { signature: { timestamp, token, signature }, 'event-data': event };
}

import { createHmac, randomBytes } from 'node:crypto';
import { aVendor, type Vendor } from './vendor.js';

export interface FakeTwilio extends Vendor {
  /** What it was asked to send, each with the id it gave. */
  readonly messages: Readonly<Record<string, string>>[];
}

interface Account {
  readonly accountSid: string;
  readonly authToken: string;
}

/** Numbers of Twilio's test credentials: https://www.twilio.com/docs/iam/test-credentials */
const REFUSALS: Readonly<Record<string, readonly [code: number, message: string]>> = {
  '+15005550001': [21_211, "The 'To' number is not a valid phone number."],
  '+15005550002': [21_612, 'The number is not currently reachable.'],
  '+15005550004': [21_610, 'Attempt to send to unsubscribed recipient'],
  '+15005550009': [21_614, "'To' number is not a valid mobile number"],
};

/** Twilio's API for messages and one account, as documented. */
export async function aTwilio({ accountSid, authToken }: Account): Promise<FakeTwilio> {
  const messages: Record<string, string>[] = [];
  const account = `/2010-04-01/Accounts/${accountSid}`;
  const vendor = await aVendor(({ method, path, headers, body }) => {
    const refused = (status: number, code: number, message: string) => ({
      status,
      body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
    });
    const expected = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    if (headers.authorization !== expected) return refused(401, 20_003, 'Authenticate');
    if (method === 'GET' && path === `${account}.json`) return { body: { sid: accountSid, status: 'active' } };
    if (method !== 'POST' || path !== `${account}/Messages.json`) return refused(404, 20_404, 'Not found');
    const fields = Object.fromEntries(new URLSearchParams(body.toString()));
    if (!fields.From && !fields.MessagingServiceSid) return refused(400, 21_603, "A 'From' number is required.");
    const [code, message] = REFUSALS[fields.To ?? ''] ?? [];
    if (code !== undefined) return refused(400, code, message ?? '');
    const sid = `SM${randomBytes(16).toString('hex')}`;
    messages.push({ ...fields, sid });
    return { status: 201, body: { sid, status: 'queued', to: fields.To, error_code: null } };
  });
  return Object.assign(vendor, { messages });
}

/** A status callback as Twilio makes it. */
export function aStatusCallback(url: string, fields: Readonly<Record<string, string>>, authToken: string) {
  const names = Object.keys(fields).sort();
  const said = url + names.map((name) => `${name}${fields[name] ?? ''}`).join('');
  return {
    url,
    query: Object.fromEntries(new URL(url).searchParams),
    headers: { 'x-twilio-signature': createHmac('sha1', authToken).update(said).digest('base64') },
    body: Buffer.from(new URLSearchParams(fields).toString()),
  };
}

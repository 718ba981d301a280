import { aVendor, type Vendor, type VendorCall } from './vendor.js';

/** A call of a webhook, as its receiver reads it. */
export interface Received {
  readonly id: string;
  readonly type: string;
  readonly body: {
    readonly id: string;
    readonly type: string;
    readonly timestamp: string;
    readonly data: never;
  } & Record<string, unknown>;
  readonly call: VendorCall;
}

/** Takes webhooks on the loopback, each path being another endpoint. */
export interface Receiver extends Vendor {
  /** What has come to a path. */
  received(path?: string): Received[];
}

export async function aReceiver(): Promise<Receiver> {
  const vendor = await aVendor(() => ({ status: 200, body: { ok: true } }));
  const received = (path?: string): Received[] =>
    vendor.calls
      .filter((call) => path === undefined || call.path === path)
      .map((call) => {
        const body = JSON.parse(call.body.toString()) as Received['body'];
        return { id: call.headers['webhook-id'] ?? '', type: body.type, body, call };
      });
  return { ...vendor, received };
}

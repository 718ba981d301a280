/** The ways that a delivery can go, the ones that phone numbers end with in their order. */
export const FATES = ['delivered', 'bounced', 'complained', 'failed', 'timeout', 'slow', 'busy', 'gone'] as const;
export type Fate = (typeof FATES)[number];

/** `bounced@simulator.test`, also as the token of a device. */
const ADDRESS = /^([a-z]+)@simulator\.test$/i;
/** `https://simulator.test/bounced`, also as the endpoint of a browser. */
const URL_OF = /^https?:\/\/simulator\.test\/([a-z]+)$/i;
/** `+15550000001`: of numbers that nobody has. */
const NUMBER = /^\+1555000000(\d)$/;

/** What happens to a message, by its recipient; to anybody else it is delivered. */
export function fateOf(message: object): Fate {
  const recipient = recipientOf(message);
  const digit = NUMBER.exec(recipient)?.[1];
  if (digit !== undefined) return FATES[Number(digit)] ?? 'delivered';
  const word = (ADDRESS.exec(recipient) ?? URL_OF.exec(recipient))?.[1]?.toLowerCase();
  return FATES.find((fate) => fate === word) ?? 'delivered';
}

/** Of a message of any channel: a plugin's has `to`, or `url`, as those of the house have. */
function recipientOf(message: object): string {
  const { to, url, device } = message as Readonly<Record<string, unknown>>;
  const { address } = fieldsOf(device ?? to);
  const { token, subscription } = fieldsOf(address);
  const named = [to, url, address, token, fieldsOf(subscription).endpoint];
  return named.find((value) => typeof value === 'string') ?? '';
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

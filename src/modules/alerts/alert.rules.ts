/** What a client is told of by mail, in the order it stands there. */
export const ALERT_TYPES = [
  'provider.degraded',
  'provider.recovered',
  'quota.exceeded',
  'quota.warning',
  'endpoint.disabled',
  'notification.failed',
  'delivery.failed',
] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

const KNOWN: ReadonlySet<string> = new Set(ALERT_TYPES);
export const isAlertType = (type: string): type is AlertType => KNOWN.has(type);

/** What is kept of an event: ids, and reasons in the house's words; no address, no content, no URL. */
export interface Gist {
  /** What it is about: a delivery, a notification, an endpoint, a provider. */
  readonly subjectId: string | null;
  /** What is alike among several: a channel, a provider's name, a window. */
  readonly label: string | null;
  readonly reason: string | null;
  /** Of which it tells; what tells of alerts themselves raises none. */
  readonly notificationId: string | null;
}

const LABEL_MAX = 300;
const REASON_MAX = 1_000;

export function gistOf(type: AlertType, data: object): Gist {
  const { id, notificationId, providerId, name, channel, status, reason, ...rest } = data as Said;
  switch (type) {
    case 'delivery.failed':
      return gist(id, channel, reason ?? status, notificationId);
    case 'notification.failed':
      return gist(id, null, status, id);
    case 'endpoint.disabled':
      return gist(id, null, reason, null);
    case 'quota.warning':
    case 'quota.exceeded':
      return gist(providerId, name, `${text(rest.used)} of ${text(rest.limit)} in this ${text(rest.window)}`, null);
    default:
      return gist(providerId, name, reason, null);
  }
}

type Said = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '?');
const cut = (value: unknown, most: number): string | null =>
  typeof value === 'string' ? value.replaceAll('\0', '').slice(0, most).toWellFormed() : null;

const gist = (subjectId: unknown, label: unknown, reason: unknown, notificationId: unknown): Gist => ({
  subjectId: cut(subjectId, 36),
  label: cut(label, LABEL_MAX),
  reason: cut(reason, REASON_MAX),
  notificationId: cut(notificationId, 36),
});

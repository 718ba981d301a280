import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId } from '../../platform/database/index.js';
import { type Choice, type PassedOver, ProviderRouter } from '../providers/index.js';
import { Composer } from './composer.js';
import { firstBack } from './delivery.rules.js';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';
import type { NotificationWish } from './submission.js';

export interface PreviewedProvider {
  readonly providerId: string | null;
  readonly name: string;
  readonly kind: string;
}

/** What would become of one delivery, if it were sent now. */
export interface PreviewedDelivery {
  readonly channel: string;
  readonly recipient: string;
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  /** Its place where channels are tried one after the other. */
  readonly step: number | null;
  /** That would be called first; null where the house itself delivers, or nobody would. */
  readonly provider: PreviewedProvider | null;
  /** That would be called should the one before be at fault, in this order. */
  readonly failover: readonly PreviewedProvider[];
  readonly passedOver: readonly PassedOver[];
  /** Quiet hours, or that every provider is passed over for the time being, would hold it for so long. */
  readonly waitsSeconds: number | null;
}

/** Says what sending would do, and why, without doing it. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly composer: Composer,
    private readonly channels: ChannelRegistry,
    private readonly router: ProviderRouter,
  ) {}

  /** @throws InvalidInput, `no_recipient` */
  async preview(clientId: ClientId, wish: NotificationWish): Promise<PreviewedDelivery[]> {
    const deliveries = await this.composer.plan(clientId, wish);
    const choices = new Map<string, Promise<Choice>>();
    const chosen = (channel: string, addressKind: string | null): Promise<Choice> => {
      const name = `${channel} ${addressKind ?? ''}`;
      const asked = { providerId: wish.provider ?? null, recipients: wish.to.length, deliveryId: null };
      const choice = choices.get(name) ?? this.router.explain(clientId, { channel, addressKind, ...asked });
      choices.set(name, choice);
      return choice;
    };
    return Promise.all(
      deliveries.map(async ({ target, status, reason, rung, standing }): Promise<PreviewedDelivery> => {
        const { channel, recipient } = target;
        const step = rung?.step ?? null;
        const left = { channel, recipient, status, reason, step, ...NOBODY };
        if (reason !== null) return left;
        if (standing.kind === 'quiet' && standing.outside === 'drop')
          return { ...left, status: 'skipped', reason: 'quiet_hours' };
        const quietSeconds = standing.kind === 'quiet' ? standing.forSeconds : null;
        if (wish.test) return { ...left, status: 'simulated' };
        if (this.channels.find(channel)?.isInHouse) return { ...left, status: 'sent' };
        return { ...left, ...routed(await chosen(channel, target.addressKind), quietSeconds) };
      }),
    );
  }
}

const NOBODY = { provider: null, failover: [], passedOver: [], waitsSeconds: null };

function routed({ routes, passedOver }: Choice, quietSeconds: number | null): Partial<PreviewedDelivery> {
  if (routes.length + passedOver.length === 0) return { status: 'failed', reason: 'no_provider' };
  const [provider = null, ...failover] = routes.map(({ providerId, name, kind }) => ({ providerId, name, kind }));
  const choice = { provider, failover, passedOver };
  if (quietSeconds !== null) return { ...choice, status: 'queued', waitsSeconds: quietSeconds };
  if (provider) return { ...choice, status: 'sent', waitsSeconds: null };
  const first = firstBack(passedOver);
  const reason = first?.reason === 'quota_exceeded' ? 'quota_exceeded' : null;
  return { ...choice, status: 'queued', reason, waitsSeconds: first?.forSeconds ?? null };
}

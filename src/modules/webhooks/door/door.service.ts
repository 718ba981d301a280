import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import {
  type InboundRequest,
  InvalidSignature,
  jsonObjectOf,
  shownText,
  type Verified,
  type WebhookAnswer,
} from '../../../extension/index.js';
import { WebhookSchemeRegistry } from '../../../extension/webhook-scheme-registry.js';
import { NotFound, Unavailable } from '../../../platform/errors/index.js';
import { Doors, inboundWindows, WindowsStore } from '../../../platform/http/index.js';
import { HOPS_HEADER } from '../../../platform/outbox/index.js';
import { SigningSecrets } from '../../signing/index.js';
import type { ActionRule } from '../actions/action.js';
import { checkedRules } from '../actions/rule-check.js';
import { SourceDirectory } from '../sources/source-directory.js';
import type { OpenSource } from '../sources/sources.repository.js';
import { SignatureRefused } from '../webhooks.errors.js';
import { IntakeService, type TakenEvent } from './intake.service.js';
import { hopsIn, keptHeaders, namedIn } from './kept-headers.rules.js';

/** The address that is called. */
export interface DoorAddress {
  readonly slug: string;
  readonly event: string;
}

/** Who calls, as far as that can be known. */
interface Caller {
  readonly address: string;
  readonly requestId: string;
}

/** A call is an event, or only tries the address. */
export type Entered = TakenEvent | { readonly answer: WebhookAnswer };

/** Whoever calls for a suspended client is to come again: what happened meanwhile is not lost when that ends soon. */
const SUSPENDED_RETRY_SECONDS = 3_600;
/** What an address may get wrong at one source, and in looking for sources. */
const FAILURES_PER_MINUTE = 200;

const KEY = /^[\x21-\x7e]{1,200}$/;

/** Where other systems call. Nothing is read out of a body before it is known whose it is. */
@Injectable()
export class DoorService {
  private readonly log = new Logger(DoorService.name);
  private readonly doors: Doors;

  constructor(
    private readonly directory: SourceDirectory,
    private readonly schemes: WebhookSchemeRegistry,
    private readonly secrets: SigningSecrets,
    private readonly intake: IntakeService,
    windows: WindowsStore,
  ) {
    this.doors = new Doors(windows, { name: 'webhooks', failuresPerMinute: FAILURES_PER_MINUTE });
  }

  /**
   * Stored when this returns.
   * @throws NotFound for no such source
   * @throws SignatureRefused
   * @throws Unavailable while its client is suspended
   * @throws InvalidInput for actions in a trusted body that cannot be meant
   * @throws DomainError `rate_limited`
   */
  async enter(place: DoorAddress, request: InboundRequest, { requestId, address }: Caller): Promise<Entered> {
    const door = `${place.slug}/${place.event}`;
    this.doors.assertOpen(door, address);
    const source = await this.directory.find(place.slug, place.event);
    if (!source) {
      await this.doors.notFound(address);
      throw new NotFound();
    }
    const { challenge, ...verified } = await this.verified(source, request).catch(async (error: unknown) => {
      if (error instanceof SignatureRefused) await this.doors.refused(door, address); // an outage is nobody's fault there
      throw error;
    });
    if (source.isSuspended) throw new Unavailable('Nothing is taken for now.', SUSPENDED_RETRY_SECONDS);
    await this.doors.admit(door, source.clientId, inboundWindows(source));
    if (challenge) return { answer: challenge };
    const { headers, body } = request;
    return this.intake.store(source, {
      dedupeKey: keyOf(verified.dedupeKey),
      actions: source.trustBody ? actionsIn(body) : null,
      externalId: shownText(verified.eventId) ?? null,
      type: shownText(verified.type) ?? null,
      hops: hopsIn(headers[HOPS_HEADER]),
      headers: keptHeaders(headers, namedIn(source.settings)),
      ...{ body, requestId },
    });
  }

  /** Whatever a scheme has against a call, the caller is told the same. */
  private async verified(source: OpenSource, request: InboundRequest): Promise<Verified> {
    const { clientId, id, scheme: name, settings, toleranceSeconds } = source;
    const secrets = (await this.secrets.live(clientId, [id])).get(id) ?? [];
    try {
      const registered = this.schemes.find(name);
      if (!registered) throw new Error(`No installed plugin brings the scheme ${name}.`);
      return await registered.scheme.verify(request, { settings, secrets, toleranceSeconds, now: new Date() });
    } catch (error) {
      if (!isInvalidSignature(error))
        this.log.error({ msg: 'A scheme could not verify a call', err: error, clientId, sourceId: id, scheme: name });
      throw new SignatureRefused();
    }
  }
}

/** By its name too: a plugin may have a copy of its own. */
const isInvalidSignature = (error: unknown): boolean =>
  error instanceof InvalidSignature || (error instanceof Error && error.name === 'InvalidSignature');

/** A plugin's may be of any form. */
const keyOf = (key: string): string =>
  KEY.test(key) ? key : `sha256-of-key:${createHash('sha256').update(key).digest('hex')}`;

function actionsIn(body: Buffer): ActionRule[] | null {
  const { actions } = jsonObjectOf(body);
  return actions === undefined ? null : checkedRules(actions);
}

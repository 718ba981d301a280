import { Injectable } from '@nestjs/common';

/**
 * What a content may hold at most, by names with their units (`textLength` in characters, `dataBytes`, `attachments`): the very
 * constants that its fields are made with. A list names what is not taken.
 */
export type ContentLimits = Readonly<Record<string, number | readonly string[]>>;

/** What contents may hold, for who asks: each part of the house says its own. */
@Injectable()
export class ContentLimitsBook {
  private readonly declared = new Map<string, ContentLimits>();

  declare(what: string, limits: ContentLimits): void {
    this.declared.set(what, limits);
  }

  all(): Readonly<Record<string, ContentLimits>> {
    return Object.fromEntries(this.declared);
  }
}

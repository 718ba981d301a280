import { Injectable } from '@nestjs/common';
import type { OutboundDeclaration, OutboundTable } from './outbound-event.js';

export interface OutboundType extends OutboundDeclaration {
  readonly type: string;
}

/** Every type of event that other systems may be told of, from the tables beside the modules' events. */
@Injectable()
export class OutboundCatalogue {
  private readonly declared = new Map<string, OutboundType>();

  /** @throws Error for a type that somebody else has declared: the boot ends there */
  declare(table: OutboundTable): void {
    for (const [type, declaration] of Object.entries(table)) {
      if (this.declared.has(type)) throw new Error(`Two modules declare the event ${type}.`);
      this.declared.set(type, { type, ...declaration });
    }
  }

  /** In the order of their names. */
  all(): OutboundType[] {
    return [...this.declared.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
  }
}

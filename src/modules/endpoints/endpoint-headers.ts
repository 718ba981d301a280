import { Injectable } from '@nestjs/common';
import { InvalidInput, Unavailable } from '../../platform/errors/index.js';
import { masked, SecretBox, type SealedSecret, unmasked } from '../../platform/security/index.js';
import type { EndpointName } from './endpoint.js';
import { faultsOfHeaders } from './endpoint.rules.js';

export type Headers = Readonly<Record<string, string>>;

/** The custom headers of endpoints: sealed where they are stored, masked where they are shown. */
@Injectable()
export class EndpointHeaders {
  constructor(private readonly secrets: SecretBox) {}

  /** @param before what a value that was sent back masked stands for @throws InvalidInput */
  checked(sent: Readonly<Record<string, unknown>>, before: Headers = {}): Headers {
    const headers = unmasked(sent, before) as Readonly<Record<string, unknown>>;
    const faults = faultsOfHeaders(headers);
    if (faults.length > 0) throw new InvalidInput(faults);
    return headers as Headers;
  }

  seal(endpoint: EndpointName, headers: Headers): SealedSecret {
    return this.secrets.seal(JSON.stringify(headers), boundToEndpoint(endpoint));
  }

  /** @throws Unavailable when the key that sealed them is gone */
  open(endpoint: EndpointName, sealed: SealedSecret): Headers {
    try {
      return JSON.parse(this.secrets.open(sealed, boundToEndpoint(endpoint))) as Headers;
    } catch {
      throw new Unavailable('The headers of this endpoint cannot be opened with the current SECRET_KEY.');
    }
  }

  /** The names; none where they cannot be opened. */
  shown(endpoint: EndpointName, sealed: SealedSecret): Headers {
    try {
      return masked(this.open(endpoint, sealed)) as Headers;
    } catch {
      return {};
    }
  }
}

export const boundToEndpoint = ({ clientId, endpointId }: EndpointName): string => `endpoint|${clientId}|${endpointId}`;

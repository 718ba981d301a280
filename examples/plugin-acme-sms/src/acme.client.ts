import {
  type CallContext,
  detailOf,
  type HttpAnswer,
  type Outcome,
  outcomeOfFailure,
  outcomeOfRefusal,
  rejected,
  sent,
} from 'chatapi';
import type { AcmeSettings } from './acme.settings.js';

const DEFAULT_URL = 'https://api.acme.example';

/** Always by the fetch of the context: it is guarded, and over at the deadline. */
export function callAcme(
  { settings, fetch }: CallContext<AcmeSettings>,
  path: string,
  body?: object,
): Promise<HttpAnswer> {
  return fetch(`${settings.baseUrl ?? DEFAULT_URL}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${settings.apiKey}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Acme takes a message only once by its `reference`, so that whatever is unclear may be tried again. */
export async function post(context: CallContext<AcmeSettings>, path: string, body: object): Promise<Outcome> {
  try {
    return outcomeOf(await callAcme(context, path, body));
  } catch (error) {
    return outcomeOfFailure(error);
  }
}

function outcomeOf(answer: HttpAnswer): Outcome {
  if (answer.status === 201) return sent(idOf(answer));
  if (answer.status === 422) return rejected('invalid_recipient', detailOf(answer));
  return outcomeOfRefusal(answer);
}

function idOf({ text }: HttpAnswer): string | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

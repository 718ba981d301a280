/** The answer was no. `status` and `message` are the backend's. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The shop's own backend, as one of the two pages calls it. The cookie goes along by itself; there are no keys here. */
export class Backend {
  /** @param {'customer' | 'agent'} role */
  constructor(role) {
    this.role = role;
  }

  /** @returns who is signed in, or null */
  session() {
    return this.call('GET', '/session');
  }

  signIn(who) {
    return this.call('POST', '/session', who);
  }

  async ticket() {
    return (await this.call('POST', '/ticket')).ticket;
  }

  /** The customer's open conversation, or a new one. */
  conversation() {
    return this.call('POST', '/conversation');
  }

  get(path) {
    return this.call('GET', `/api${path}`);
  }

  post(path) {
    return this.call('POST', `/api${path}`);
  }

  async call(method, path, body) {
    const response = await fetch(`/${this.role}${path}`, {
      method,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new Refused(response.status, answer.detail);
    return answer;
  }
}

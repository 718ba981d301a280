/** The service did not keep the contract, or the scenario does not say what the contract is. */
export class Broken extends Error {
  constructor(
    message: string,
    readonly details: readonly string[] = [],
  ) {
    super([message, ...details.map((detail) => `  ${detail}`)].join('\n'));
  }

  /** With where it happened. */
  at(place: string): Broken {
    return new Broken(`${place}: ${this.message}`);
  }
}

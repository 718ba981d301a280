/** A plugin that cannot be part of this installation: the boot ends with these sentences. */
export class InvalidPlugin extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'InvalidPlugin';
  }
}

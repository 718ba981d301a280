// Jest's own environment, but for what a suite leaves behind: Node asks every AsyncLocalStorage that was ever entered at every
// promise, and core modules, and with them these, are those of all the suites of a worker.
import asyncHooks from 'node:async_hooks';
import { TestEnvironment } from 'jest-environment-node';

const { AsyncLocalStorage } = asyncHooks;

export default class SuiteEnvironment extends TestEnvironment {
  entered = [];

  async setup() {
    await super.setup();
    const { entered } = this;
    asyncHooks.AsyncLocalStorage = class extends AsyncLocalStorage {
      constructor(...options) {
        super(...options);
        entered.push(this);
      }
    };
  }

  async teardown() {
    asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
    for (const storage of this.entered) storage.disable();
    await super.teardown();
  }
}

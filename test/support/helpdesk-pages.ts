import type { Locator, Page } from 'playwright-core';
import type { TestPage } from './browser.js';
import type { HelpdeskSite } from './helpdesk-site.js';

/** A message as a person sees it. */
export interface Shown {
  readonly who: string;
  readonly text: string;
}

/** What both pages have: a conversation and the box to write in. Found as a screen reader finds them. */
abstract class ChatPage {
  constructor(
    readonly test: TestPage,
    protected readonly site: HelpdeskSite,
  ) {}

  get page(): Page {
    return this.test.page;
  }

  get box(): Locator {
    return this.page.getByLabel('Message', { exact: true });
  }

  get connection(): Locator {
    return this.page.locator('#state');
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name });
  }

  async say(...texts: string[]): Promise<void> {
    for (const text of texts) {
      await this.box.fill(text);
      await this.box.press('Enter');
    }
  }

  said(): Promise<Shown[]> {
    return this.page.getByRole('log').evaluate((log) =>
      [...log.children].map((item) => ({
        who: item.querySelector('.who')?.textContent ?? '',
        text: item.querySelector('.text')?.textContent ?? '',
      })),
    );
  }

  async texts(): Promise<string[]> {
    return (await this.said()).map(({ text }) => text);
  }

  /** What stands below the messages: `Sending …`, `Read`, and the like. */
  states(): Promise<string[]> {
    return this.page.locator('[role=log] .state:not(:empty)').allTextContents();
  }
}

export class CustomerPage extends ChatPage {
  async open(): Promise<void> {
    await this.page.goto(this.site.url);
    await this.button('Help').click();
  }

  async start(name: string): Promise<void> {
    await this.open();
    await this.page.getByLabel('Your name').fill(name);
    await this.button('Start a conversation').click();
    await this.box.waitFor();
  }
}

export class AgentPage extends ChatPage {
  async start(name: string): Promise<void> {
    await this.page.goto(`${this.site.url}/agent`);
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByLabel('Password of the team').fill(this.site.password);
    await this.button('Sign in').click();
    await this.page.getByRole('heading', { name: 'Open conversations' }).waitFor();
  }

  /** The open conversations as they are read out: `Zoë, online, 2 unread`. */
  list(): Promise<(string | null)[]> {
    const rows = this.page.getByRole('navigation').getByRole('button');
    return rows.evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')));
  }

  async enter(customer: string): Promise<void> {
    await this.page.getByRole('navigation').getByRole('button', { name: customer }).click();
    await this.page.getByRole('heading', { name: customer }).waitFor();
  }
}

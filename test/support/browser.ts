import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findOrInstall, type Program } from '../../src/quickstart/programs.js';

/** Long enough to install it; it takes a second where it is there. */
export const BROWSER_MS = 360_000;
/** What CI keeps of a run: git ignores it, `.ci/run` says what is in it. */
const ARTIFACTS = new URL('../../artifacts', import.meta.url).pathname;
const CHROMIUM: Program = {
  title: 'Chromium',
  names: ['chromium', 'chromium-browser', 'google-chrome'],
  apt: ['chromium', 'fonts-dejavu-core'],
};
/** Without what a browser for people does by itself: updates, look-ups, reports. */
const QUIET = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update'];
/** What Chromium itself writes to the console while a test keeps it from the network. */
const NO_NETWORK = /net::ERR_(INTERNET_DISCONNECTED|FAILED)/;

/** A headless Chromium of this machine, installed first where that needs no asking. */
export async function aBrowser(): Promise<Browser> {
  const { binary, installer } = await findOrInstall(CHROMIUM, {
    path: process.env.PATH ?? '',
    say: (line) => console.log(line),
  });
  if (!binary)
    throw new Error(
      `No chromium was found${installer ? `, and ${installer} could not install it` : ''}: ` +
        'install one (apt-get install chromium, dnf install chromium, brew install --cask chromium).',
    );
  return chromium.launch({ executablePath: binary, args: QUIET });
}

/** A page in a context of its own: nothing is shared with other pages, as with two browsers. */
export interface TestPage {
  readonly page: Page;
  /** What went wrong in it so far: errors of scripts, refusals of its policy, dialogs that somebody made it open. */
  readonly faults: readonly string[];
  /** Takes the network away, or gives it back. */
  online(isOnline: boolean): Promise<void>;
}

export async function aPage(browser: Browser, options: BrowserContextOptions = {}): Promise<TestPage> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !NO_NETWORK.test(message.text())) faults.push(message.text());
  });
  return { page, faults, online: (isOnline) => context.setOffline(!isOnline) };
}

/** Keeps a picture of the page. */
export async function keepScreenshot({ page }: TestPage, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
}

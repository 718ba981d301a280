import { html, Html } from '../../platform/http/html.js';

/** Nothing is loaded, nothing runs, and the form leads back here alone. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE = new Html(
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}button{font:inherit;padding:.5rem 1rem}',
);

const page = (title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.text;

/** Asks first: those who look at every link in a mail must not unsubscribe anybody. */
export const confirmationPage = (address: string): string =>
  page(
    'Unsubscribe?',
    html`<p>${address} will get no more marketing messages from this sender.</p>
      <form method="post">
        <input type="hidden" name="List-Unsubscribe" value="One-Click" />
        <button type="submit">Unsubscribe</button>
      </form>`,
  );

export const donePage = (address: string): string =>
  page('Unsubscribed', html`<p>${address} gets no more marketing messages from this sender.</p>`);

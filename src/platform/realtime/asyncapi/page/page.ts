import { type Refusal, REFUSALS } from '../../../http/index.js';
import { type AsyncApiDocument, type Channel, type Operation, type Transport, TRANSPORTS } from '../model.js';
import { code, type Html, html, joined, json, paragraphs, prose } from '../../../http/html.js';
import { schemaSections, typeOf } from './schema.js';
import { STYLE } from './style.js';

/** The document as a page to read: no scripts, and nothing from elsewhere. */
export function pageOf(document: AsyncApiDocument, documentUrl: string): string {
  const { info, components } = document;
  // Both transports have the same commands and events.
  const operations = Object.values(document.operations).filter(({ channel }) => channel.$ref === '#/channels/raw');
  const commands = operations.flatMap((one) =>
    one['x-command'] === undefined ? [] : [{ name: one['x-command'], one }],
  );
  const events = operations.flatMap((one) => (one['x-event'] === undefined ? [] : [{ name: one['x-event'], one }]));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <nav>
          <h2>Transports</h2>
          ${TRANSPORTS.map((name) => navLink(`transport-${name}`, document.channels[name].title))}
          <h2>Commands</h2>
          ${commands.map(({ name }) => navLink(`command-${name}`, name))}
          <h2>Events</h2>
          ${events.map(({ name }) => navLink(`event-${name}`, name))}
          <h2>Schemas</h2>
          ${Object.keys(components.schemas).map((name) => navLink(`schema-${name}`, name))}
        </nav>
        <main>
          <h1>${info.title} <small>${info.version}</small></h1>
          ${paragraphs(info.description)}
          <p>
            This page as a document: <a href="${documentUrl}">AsyncAPI</a>. The same service over HTTP:
            <a href="/redoc">ReDoc</a>, <a href="/docs">Swagger UI</a>.
          </p>
          <h2>Transports</h2>
          ${TRANSPORTS.map((name) => transportSection(name, document))}
          <h2>Commands</h2>
          ${commands.map(({ name, one }) => commandSection(name, one, document))}
          <h2>Events</h2>
          ${events.map(({ name, one }) => eventSection(name, one, document))}
          <h2>Schemas</h2>
          ${schemaSections(components.schemas)}
        </main>
      </body>
    </html> `.text;
}

const navLink = (id: string, text: string): Html => html`<a href="#${id}">${text}</a>`;

function transportSection(transport: Transport, { channels, operations }: AsyncApiDocument): Html {
  const { title, address, description, 'x-close-codes': closeCodes } = channels[transport];
  const controls = Object.entries(operations).flatMap(([id, one]) =>
    id.startsWith(`${transport}.`) && one['x-command'] === undefined && one['x-event'] === undefined ? [one] : [],
  );
  return html`<section id="transport-${transport}">
    <h3>${title} ${code(address)}</h3>
    ${paragraphs(description)}
    ${controls.map(
      ({ action, summary, messages: [message] }) =>
        html`<p>${action === 'receive' ? 'From' : 'To'} the client: ${prose(summary)}</p>
          ${json(exampleIn(channels[transport], nameIn(message?.$ref)))}`,
    )}
    <table>
      <tr>
        <th>Close code</th>
        <th>Reason</th>
        <th>What to do</th>
      </tr>
      ${closeCodes.map(
        ({ code: number, reason, advice }) =>
          html`<tr>
            <td>${number}</td>
            <td>${code(reason)}</td>
            <td>${prose(advice)}</td>
          </tr> `,
      )}
    </table>
  </section> `;
}

function commandSection(name: string, operation: Operation, document: AsyncApiDocument): Html {
  const { summary, 'x-scopes': scopes = [], 'x-input': input, 'x-answer': answer, 'x-errors': errors = [] } = operation;
  return html`<section id="command-${name}">
    <h3>${code(name)}</h3>
    <p>${prose(summary)}.</p>
    <p>
      Needs ${scopes.length > 0 ? joined(scopes.map(code), ', ') : 'any live key'}. Takes ${input ? typeOf(input) : ''};
      <code>ok</code> is ${answer ? typeOf(answer) : ''}.
    </p>
    ${examplesOf([name, `${name}.answer`], document)}
    <details>
      <summary>Errors</summary>
      <table>
        ${errors.map(
          (error) =>
            html`<tr>
              <td>${code(error)}</td>
              <td>${prose(meaningOf(error))}</td>
            </tr> `,
        )}
      </table>
    </details>
  </section> `;
}

function eventSection(name: string, operation: Operation, document: AsyncApiDocument): Html {
  const { summary, 'x-scopes': scopes = [], 'x-data': data } = operation;
  const { 'x-durable': isDurable = false, 'x-ephemeral': isEphemeral = false } = operation;
  return html`<section id="event-${name}">
    <h3>${code(name)}${isDurable ? html` <mark>durable</mark>` : ''}</h3>
    <p>
      ${prose(summary)}. Its data is ${data ? typeOf(data) : ''}. Heard with
      ${scopes.length > 0 ? joined(scopes.map(code), ', ') : 'any live key'}.${isEphemeral ? ' A slow reader may go without it.' : ''}
    </p>
    ${examplesOf([name], document)}
  </section> `;
}

const examplesOf = (names: readonly string[], { channels }: AsyncApiDocument): Html =>
  html`${TRANSPORTS.map(
    (transport) =>
      html`<details>
        <summary>${channels[transport].title}</summary>
        ${names.map((name) => json(exampleIn(channels[transport], name)))}
      </details> `,
  )}`;

const exampleIn = ({ messages }: Channel, name: string): unknown => messages[name]?.examples?.[0]?.payload;

const nameIn = (reference = ''): string => reference.slice(reference.lastIndexOf('/') + 1);

const meaningOf = (code: string): string => (code in REFUSALS ? REFUSALS[code as Refusal].meaning : '');

import { describe, expect, it } from '@jest/globals';
import { html, prose } from './html.js';

describe('html', () => {
  it('escapes what is put in, and leaves markup as it is', () => {
    const inner = html`<b>${'<script>"&\''}</b>`;
    expect(html`<p>${inner}${[inner, 1]}</p>`.text).toBe(
      '<p><b>&lt;script&gt;&quot;&amp;&#39;</b><b>&lt;script&gt;&quot;&amp;&#39;</b>1</p>',
    );
  });

  it('sets code and strong words of prose, escaped too', () => {
    expect(html`${prose('A `<b>` and **strong** <i>')}`.text).toBe(
      'A <code>&lt;b&gt;</code> and <strong>strong</strong> &lt;i&gt;',
    );
  });
});

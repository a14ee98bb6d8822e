// <nbd-connect>: the screen where a disk is chosen, or the URL of a WebSocket is typed in.
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { escapeControls } from '../text/escape.js';
import type { ServedDisk } from './disks.js';
import { fire, type Typed } from './events.js';
import { type Problem, urlMistake } from './problems.js';
import { shared } from './theme.js';

export class ConnectElement extends LitElement {
  static override properties = {
    disks: { attribute: false },
    problem: { attribute: false },
    suggested: { attribute: false },
    wantsToken: { attribute: false },
    mistake: { state: true },
  };
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 32px 16px;
      }
      .column {
        display: grid;
        gap: 24px;
        max-width: 640px;
        margin-inline: auto;
      }
      h1 {
        font-size: 20px;
        line-height: 28px;
        font-weight: 600;
      }
      section {
        border: 1px solid var(--nbd-rule);
        border-radius: calc(2 * var(--nbd-radius));
        background: var(--nbd-raised);
        overflow: hidden;
      }
      section > h2,
      form {
        padding: 12px 16px;
      }
      section > h2 {
        border-block-end: 1px solid var(--nbd-rule);
      }
      nbd-problem {
        padding: 0;
      }
      ul {
        list-style: none;
      }
      li + li {
        border-block-start: 1px solid var(--nbd-rule);
      }
      li button {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 16px;
        width: 100%;
        padding: 8px 16px;
        border: 0;
        border-radius: 0;
        text-align: start;
      }
      li button:focus-visible {
        outline-offset: -3px;
      }
      li button strong,
      li button span {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      li button strong {
        grid-column: 1;
        font-weight: 600;
      }
      li button .dim {
        grid-column: 1;
        font-size: var(--nbd-text-small);
      }
      li button i {
        grid-area: 1 / 2 / 3 / 3;
        align-self: center;
        font-style: normal;
        color: var(--nbd-accent);
      }
      form {
        display: grid;
        gap: 12px;
      }
      .pair {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
        gap: 12px;
      }
      label {
        display: grid;
        gap: 4px;
      }
      input {
        width: 100%;
        min-height: 32px;
      }
      .mistake {
        min-height: var(--nbd-line);
        color: var(--nbd-bad);
      }
      .asked {
        padding: 12px 16px;
        border: 1px solid var(--nbd-warn);
        border-inline-start-width: 4px;
        border-radius: var(--nbd-radius);
        background: var(--nbd-warn-ground);
      }
      .asked button {
        margin-block-start: 12px;
      }
      .asked code {
        display: block;
        margin-block: 8px;
        overflow-wrap: anywhere;
      }
      form button {
        justify-self: start;
        min-height: 32px;
      }
    `,
  ];
  /** Those of the page's own server; undefined where it has no list. */
  declare disks: readonly ServedDisk[] | undefined;
  /** Why the page is here, if something went wrong. */
  declare problem: Problem | undefined;
  /** A WebSocket's URL that came in a link: it is opened only by a click. */
  declare suggested: { readonly url: string; readonly exportName: string | undefined } | undefined;
  /** Whether the page's own server wants another token. */
  declare wantsToken: boolean;
  declare mistake: string | undefined;

  constructor() {
    super();
    this.wantsToken = false;
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('.asked button, li button, input')?.focus();
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const { url, exportName, token } = this.#typed(event.target as HTMLFormElement);
    this.mistake = urlMistake(url, location);
    if (this.mistake === undefined) fire(this, 'nbd-connect', { url, exportName, token });
    else this.renderRoot.querySelector<HTMLElement>('#url')?.focus();
  }

  #submitToken(event: SubmitEvent): void {
    event.preventDefault();
    const { token } = this.#typed(event.target as HTMLFormElement);
    if (token !== undefined) fire(this, 'nbd-connect', { url: '', exportName: undefined, token });
  }

  #typed(form: HTMLFormElement): Typed {
    const field = (name: string) => new FormData(form).get(name)?.toString().trim() || undefined;
    return { url: field('url') ?? '', exportName: field('export'), token: field('token') };
  }

  override render() {
    return html`
      <div class="column">
        <h1>Disk inspector</h1>
        ${this.problem === undefined ? nothing : html`<nbd-problem .problem=${this.problem}></nbd-problem>`}
        ${this.suggested === undefined ? nothing : this.#suggestion(this.suggested)}
        ${this.wantsToken ? this.#token() : this.#disks()} ${this.#address()}
      </div>
    `;
  }

  #suggestion({ url, exportName }: { url: string; exportName: string | undefined }): TemplateResult {
    return html`
      <div class="asked">
        <h2>A link wants to open this address</h2>
        <code class="mono">${escapeControls(url)}</code>
        ${exportName === undefined ? nothing : html`<p>Its export: ${escapeControls(exportName)}</p>`}
        <p>Open it only if you know whose it is: the page connects to it then.</p>
        <button class="main" @click=${() => fire(this, 'nbd-connect', { url, exportName, token: undefined })}>Open it</button>
      </div>
    `;
  }

  #disks(): TemplateResult | typeof nothing {
    const { disks } = this;
    if (disks === undefined) return nothing;
    return html`
      <section aria-labelledby="disks">
        <h2 id="disks">Disks of this server</h2>
        <ul>
          ${disks.length === 0 ? html`<li><p class="dim">The server has none.</p></li>` : nothing}
          ${disks.map(
            ({ name, source }) => html`
              <li>
                <button @click=${() => fire(this, 'nbd-choose', { disk: name })}>
                  <strong>${escapeControls(name)}</strong><i>Open</i><span class="dim">${escapeControls(source)}</span>
                </button>
              </li>
            `,
          )}
        </ul>
      </section>
    `;
  }

  #token(): TemplateResult {
    return html`
      <section aria-labelledby="token-title">
        <h2 id="token-title">Token of this server</h2>
        <form @submit=${this.#submitToken}>
          <label>Token<input name="token" type="password" autocomplete="off" spellcheck="false" required /></label>
          <button class="main">Use this token</button>
        </form>
      </section>
    `;
  }

  #address(): TemplateResult {
    return html`
      <section aria-labelledby="address">
        <h2 id="address">Another address</h2>
        <form novalidate @submit=${this.#submit}>
          <label>
            URL of a WebSocket
            <input
              id="url"
              class="mono"
              name="url"
              type="url"
              placeholder="wss://host/nbd/disk"
              autocomplete="off"
              spellcheck="false"
              aria-describedby="mistake"
              aria-invalid=${this.mistake !== undefined}
            />
          </label>
          <p id="mistake" class="mistake" role="alert">${this.mistake ?? ''}</p>
          <div class="pair">
            <label>Export, if the server has several<input name="export" autocomplete="off" spellcheck="false" /></label>
            <label>Token, if the proxy wants one<input name="token" type="password" autocomplete="off" spellcheck="false" /></label>
          </div>
          <button class="main">Open</button>
          <p class="dim">
            A proxy such as <code class="mono">libnbd-wasm proxy</code> gives NBD servers such addresses. The token stays in this tab, and never
            gets into a link.
          </p>
        </form>
      </section>
    `;
  }
}

// <nbd-problem>: an error, where the thing would have stood: what happened, what to do, why, and one button.
import { css, html, LitElement, nothing } from 'lit';
import { fire } from './events.js';
import type { Problem, Remedy } from './problems.js';
import { shared } from './theme.js';

const labels: Readonly<Record<Remedy, string>> = {
  again: 'Try again',
  connect: 'Open another address…',
  back: 'Back to the disk around it',
};

export class ProblemElement extends LitElement {
  static override properties = { problem: { attribute: false } };
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: var(--nbd-gap-large);
      }
      .problem {
        max-width: 720px;
        padding: 12px 16px;
        border: 1px solid var(--nbd-bad);
        border-inline-start-width: 4px;
        border-radius: var(--nbd-radius);
        background: var(--nbd-bad-ground);
      }
      h2 {
        font-size: var(--nbd-text-large);
      }
      p {
        margin-block: 4px 12px;
      }
      .why {
        display: block;
        margin-block-end: 12px;
        overflow-wrap: anywhere;
        font-size: var(--nbd-text-small);
      }
    `,
  ];
  declare problem: Problem | undefined;

  override render() {
    if (this.problem === undefined) return nothing;
    const { what, todo, why, remedy } = this.problem;
    return html`
      <div class="problem" role="alert">
        <h2>${what}</h2>
        <p>${todo}</p>
        ${why === '' ? nothing : html`<code class="why mono">${why}</code>`}
        <button class="main" @click=${() => fire(this, 'nbd-remedy', remedy)}>${labels[remedy]}</button>
      </div>
    `;
  }
}

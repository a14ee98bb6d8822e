// A failure where the thing would have stood: its code, its text, and what can be done.
import { css, html, type TemplateResult } from 'lit';
import type { Failure } from './failure.js';

export const failureStyles = css`
  .failure {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 10px;
    align-items: center;
    flex: none;
    margin: 8px;
    padding: 8px 10px;
    border: 1px solid var(--nbd-bad);
    border-inline-start-width: 4px;
    border-radius: var(--nbd-radius);
    background: var(--nbd-bad-ground);
    color: var(--nbd-ink);
    overflow-wrap: anywhere;
  }
  .failure b {
    color: var(--nbd-bad);
  }
  .failure span {
    flex: 1 1 200px;
    min-width: 0;
  }
`;

export const failureBox = ({ code, text }: Failure, again?: () => void): TemplateResult => html`
  <div class="failure" role="alert">
    <span><b>${code}</b> ${text}</span>
    ${again === undefined ? '' : html`<button @click=${again}>Try again</button>`}
  </div>
`;

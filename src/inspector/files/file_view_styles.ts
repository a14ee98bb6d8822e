// How one file looks.
import { css } from 'lit';

export const fileViewStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: 8px;
    min-width: 0;
    min-height: 0;
    padding: 8px 12px 12px;
    overflow: auto;
  }
  h3 {
    flex: none;
    font-size: var(--nbd-text-large);
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .actions,
  .kinds,
  .target {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: 4px;
    align-items: center;
  }
  .target {
    gap: 8px;
    overflow-wrap: anywhere;
  }
  .kinds button {
    min-height: 24px;
    padding: 0 8px;
    color: var(--nbd-ink-dim);
  }
  .kinds button[aria-pressed='true'] {
    background: var(--nbd-selected);
    border-color: var(--nbd-accent);
    color: var(--nbd-selected-ink);
  }
  .progress {
    display: inline-flex;
    gap: 8px;
    align-items: center;
    font-size: var(--nbd-text-small);
  }
  progress {
    width: 72px;
    accent-color: var(--nbd-accent);
  }
  .note,
  .told {
    color: var(--nbd-ink-dim);
  }
  .failure {
    margin: 0;
  }
  pre {
    flex: 1 0 auto;
    max-height: max(220px, 42vh);
    margin: 0;
    padding: 8px 10px;
    overflow: auto;
    border: 1px solid var(--nbd-rule);
    border-radius: var(--nbd-radius);
    background: var(--nbd-sunken);
    font: var(--nbd-text-small) / 18px var(--nbd-mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    tab-size: 8;
  }
  img {
    align-self: flex-start;
    flex: none;
    max-width: 100%;
    max-height: max(220px, 42vh);
    object-fit: contain;
    border: 1px solid var(--nbd-rule);
    /* what a picture leaves transparent */
    background: repeating-conic-gradient(var(--nbd-sunken) 0 25%, var(--nbd-raised) 0 50%) 0 0 / 16px 16px;
  }
  nbd-hex-grid {
    flex: 1 0 auto;
    height: max(220px, 36vh);
  }
  dl {
    display: grid;
    flex: none;
    grid-template-columns: max-content minmax(0, 1fr);
    gap: 2px 12px;
    font-size: var(--nbd-text-small);
  }
  dt {
    color: var(--nbd-ink-dim);
  }
  dd {
    overflow-wrap: anywhere;
  }
`;

// How the values at the cursor look: tables of names and values, as narrow as a column.
import { css } from 'lit';

export const valuesStyles = css`
  :host {
    display: block;
    font-size: var(--nbd-text-small);
  }
  h2 {
    padding: 6px 0 2px;
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  tr {
    border-bottom: 1px solid var(--nbd-rule);
  }
  th {
    text-align: start;
    font-weight: 400;
    color: var(--nbd-ink-dim);
    white-space: nowrap;
    padding-inline-end: var(--nbd-gap);
    vertical-align: top;
  }
  td {
    width: 100%;
    overflow-wrap: anywhere;
    font-family: var(--nbd-mono);
  }
  .plain {
    border: 0;
    padding: 0;
    min-height: 0;
    background: none;
    white-space: normal;
    text-align: start;
    overflow-wrap: anywhere;
    font-size: inherit;
  }
  th .plain {
    white-space: nowrap;
  }
  .plain:hover:not(:disabled) {
    background: none;
    text-decoration: underline;
  }
  .scroll {
    position: relative;
    max-height: calc(12 * var(--nbd-line));
    overflow: auto;
    border: 1px solid var(--nbd-rule);
    border-radius: var(--nbd-radius);
    padding-inline: 6px;
    background: var(--nbd-raised);
  }
  .current,
  .current th {
    background: var(--nbd-selected);
    color: var(--nbd-selected-ink);
  }
  .bad {
    color: var(--nbd-bad);
  }
  .told {
    min-height: var(--nbd-line);
    overflow-wrap: anywhere;
  }
`;

// How the table of extents looks.
import { css, unsafeCSS } from 'lit';

/** Of a row, in CSS pixels. */
export const rowHeight = 24;

export const extentsStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    height: 320px;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 12px;
    align-items: center;
    padding-bottom: 6px;
  }
  label {
    display: flex;
    gap: 6px;
    align-items: center;
    min-width: 0;
    max-width: 100%;
  }
  select {
    min-width: 0;
    flex: 0 1 auto;
  }
  .grid {
    position: relative;
    flex: 1 1 auto;
    min-height: ${unsafeCSS(4 * rowHeight)}px;
    overflow: auto;
    border: 1px solid var(--nbd-rule);
    background: var(--nbd-raised);
  }
  .grid:focus-visible {
    outline-offset: -2px;
  }
  .row {
    display: grid;
    height: ${unsafeCSS(rowHeight)}px;
    align-items: center;
    white-space: nowrap;
    cursor: default;
  }
  .row > span {
    overflow: hidden;
    text-overflow: ellipsis;
    padding: 0 8px;
  }
  .head {
    position: sticky;
    top: 0;
    z-index: 1;
    font-weight: 600;
    background: var(--nbd-sunken);
    min-width: min-content;
  }
  .space {
    position: relative;
    overflow: clip;
    min-width: min-content;
  }
  .window {
    position: relative;
  }
  .window .row:hover {
    background: var(--nbd-hover);
  }
  .window .row[aria-selected='true'] {
    background: var(--nbd-selected);
    color: var(--nbd-selected-ink);
  }
  .grid:focus-visible .row.active {
    outline: 2px solid var(--nbd-focus);
    outline-offset: -2px;
  }
  .none {
    padding: 8px;
  }
`;

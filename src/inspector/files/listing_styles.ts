// What the tree and the list have in common: rows of one height, of which only those in view are in the document.
import { css } from 'lit';

/** In pixels; the styles below have it too. */
export const rowHeight = 26;

export const listingStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .scroll {
    position: relative;
    flex: 1;
    min-height: 0;
    overflow: auto;
    outline: none;
    background: var(--nbd-raised);
  }
  .scroll:focus-visible {
    outline: 2px solid var(--nbd-focus);
    outline-offset: -2px;
  }
  .row {
    height: 26px;
    line-height: 26px;
    cursor: pointer;
    white-space: nowrap;
  }
  .row:hover {
    background: var(--nbd-hover);
  }
  .row[aria-selected='true'] {
    background: var(--nbd-selected);
    color: var(--nbd-selected-ink);
  }
  .scroll:focus-visible .row.current {
    box-shadow: inset 0 0 0 2px var(--nbd-focus);
  }
  .rows {
    position: absolute;
    inset-inline: 0;
    top: 0;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .note {
    padding: 8px 12px;
    color: var(--nbd-ink-dim);
  }
  .bad {
    color: var(--nbd-bad);
  }
`;

// How the search looks: the fields in a row, and below them what was found.
import { css } from 'lit';

export const searchStyles = css`
  form {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
  }
  #needle {
    flex: 1 1 16ch;
    min-width: 0;
  }
  select {
    padding: 0 4px;
    max-width: 22ch;
  }
  .error,
  .left-out {
    color: var(--nbd-bad);
    padding-top: 4px;
    overflow-wrap: anywhere;
  }
  .summary {
    display: flex;
    align-items: center;
    gap: 4px;
    padding-top: 4px;
  }
  .summary .text {
    flex: 1;
    min-width: 0;
  }
  progress {
    width: 72px;
    accent-color: var(--nbd-accent);
  }
  .hits {
    max-height: calc(5 * var(--nbd-line));
    overflow-y: auto;
    margin-top: 4px;
    border: 1px solid var(--nbd-rule);
    border-radius: var(--nbd-radius);
    background: var(--nbd-raised);
  }
  .hits > div {
    padding: 0 8px;
    cursor: pointer;
  }
  .hits > div:hover {
    background: var(--nbd-hover);
  }
  .hits > [aria-selected='true'] {
    background: var(--nbd-selected);
    color: var(--nbd-selected-ink);
  }
`;

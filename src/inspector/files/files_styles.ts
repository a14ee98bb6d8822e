// Where the parts of the files stand: side by side where there is room, and one below the other where there is not.
import { css } from 'lit';

export const filesStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    container-type: inline-size;
    min-width: 0;
    min-height: 0;
  }
  .tools {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: 4px 8px;
    align-items: center;
    padding: 6px 12px;
    border-block-end: 1px solid var(--nbd-rule);
  }
  nav {
    display: flex;
    flex: 1 1 160px;
    flex-wrap: wrap;
    min-width: 0;
  }
  .crumb {
    max-width: 100%;
    min-height: 24px;
    padding: 0 4px;
    border: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    color: var(--nbd-accent);
  }
  .crumb + .crumb:not(:nth-child(2))::before {
    content: '/';
    margin-inline-end: 6px;
    color: var(--nbd-ink-dim);
  }
  .crumb[aria-current] {
    color: var(--nbd-ink);
    font-weight: 600;
  }
  .count {
    font-size: var(--nbd-text-small);
  }
  input {
    width: 150px;
    min-width: 0;
  }
  .notes {
    flex: none;
    list-style: none;
    padding: 4px 12px;
    background: var(--nbd-warn-ground);
    font-size: var(--nbd-text-small);
  }
  .parts {
    display: flex;
    flex: 1;
    flex-direction: column;
    min-height: 0;
  }
  nbd-file-tree {
    display: none;
  }
  nbd-file-list {
    flex: none;
    min-height: 120px;
    max-height: 320px;
    border-block-end: 1px solid var(--nbd-rule);
  }
  @container (min-width: 700px) {
    .parts {
      display: grid;
      grid-template: minmax(0, 1fr) minmax(0, 1.2fr) / 200px minmax(0, 1fr);
      grid-template-areas: 'tree list' 'view view';
      height: 620px;
      flex: 1 1 620px;
    }
    nbd-file-tree {
      display: flex;
      grid-area: tree;
      border-inline-end: 1px solid var(--nbd-rule);
      border-block-end: 1px solid var(--nbd-rule);
    }
    nbd-file-list {
      grid-area: list;
      max-height: none;
    }
    nbd-file-view {
      grid-area: view;
    }
  }
  @container (min-width: 860px) {
    .parts {
      grid-template: minmax(0, 1fr) / minmax(120px, 200px) minmax(320px, 1.25fr) minmax(300px, 1fr);
      grid-template-areas: 'tree list view';
      height: auto;
      flex: 1;
    }
    nbd-file-tree,
    nbd-file-list {
      border-block-end: 0;
    }
    nbd-file-list {
      border-inline-end: 1px solid var(--nbd-rule);
    }
  }
`;

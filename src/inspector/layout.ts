// Where the parts of the inspector stand: side by side where there is room, and one below the other where there is not.
import { css } from 'lit';

export const layout = css`
  :host {
    display: block;
    container-type: inline-size;
    background: var(--nbd-ground);
    min-height: 480px;
  }
  .frame {
    display: flex;
    flex-direction: column;
    min-height: 100%;
  }
  .all {
    flex: 1;
  }
  .empty {
    padding: 24px 16px;
    color: var(--nbd-ink-dim);
  }
  .map {
    min-height: 132px;
    background: var(--nbd-raised);
    border-block-end: 1px solid var(--nbd-rule);
  }
  .panel {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    background: var(--nbd-raised);
    border-block-end: 1px solid var(--nbd-rule);
  }
  .panel > header {
    flex: none;
    display: flex;
    align-items: baseline;
    gap: 12px;
    height: 30px;
    padding: 5px 12px;
    overflow: hidden;
    background: var(--nbd-ground);
    border-block-end: 1px solid var(--nbd-rule);
  }
  .panel > header h2 {
    flex: none;
  }
  .panel > header > span {
    font-size: var(--nbd-text-small);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .panel > header > button,
  .panel > header > select {
    flex: none;
    align-self: center;
    min-height: 22px;
    max-width: 60%;
    margin-inline-start: auto;
    font-size: var(--nbd-text-small);
    line-height: 18px;
  }
  .panel > header > select {
    margin-inline-start: 0;
  }
  .with-files :is(.bytes, .here) {
    display: none;
  }
  .with-files .left {
    order: 1;
  }
  .with-files footer {
    order: 2;
  }
  .panel > header strong {
    color: var(--nbd-bad);
    font-weight: 600;
  }
  /* The parts say how they are laid out inside: here is only how large they are. */
  nbd-map,
  nbd-extents,
  nbd-hex,
  nbd-values {
    min-width: 0;
    padding: 8px 12px;
  }
  nbd-hex {
    height: 460px;
  }
  nbd-extents {
    height: 260px;
  }
  footer {
    padding: 6px 12px;
    background: var(--nbd-raised);
    overflow: hidden;
  }

  /* two columns: the bytes need a whole line */
  @container (min-width: 760px) {
    .frame {
      display: grid;
      grid-template: auto auto auto auto auto / minmax(0, 1fr) 300px;
      grid-template-areas: 'top top' 'map map' 'bytes bytes' 'left here' 'foot foot';
    }
    .top {
      grid-area: top;
      min-width: 0;
    }
    .all {
      grid-column: 1 / -1;
    }
    .map {
      grid-area: map;
    }
    .left {
      grid-area: left;
      min-width: 0;
      overflow: hidden;
    }
    .bytes {
      grid-area: bytes;
    }
    .files {
      grid-area: bytes;
    }
    .with-files {
      grid-template-areas: 'top top' 'map map' 'bytes bytes' 'left left' 'foot foot';
    }
    .here {
      grid-area: here;
      border-inline-start: 1px solid var(--nbd-rule);
    }
    footer {
      grid-area: foot;
    }
  }

  /* three columns: each scrolls by itself, and the whole fits the window */
  @container (min-width: 1280px) {
    .frame {
      height: 100%;
      grid-template: auto auto minmax(0, 1fr) auto / minmax(340px, 1fr) minmax(680px, 1.4fr) minmax(240px, 320px);
      grid-template-areas: 'top top top' 'map map map' 'left bytes here' 'foot foot foot';
    }
    .with-files {
      grid-template-areas: 'top top top' 'map map map' 'left bytes bytes' 'foot foot foot';
    }
    .files {
      min-height: 0;
    }
    .left {
      display: grid;
      grid-template-rows: minmax(0, 1.6fr) minmax(0, 1fr);
      min-height: 0;
      border-inline-end: 1px solid var(--nbd-rule);
    }
    .panel > .scroll,
    nbd-values {
      flex: 1;
      min-height: 0;
      overflow: auto;
    }
    nbd-extents,
    nbd-files,
    nbd-hex {
      flex: 1;
      height: auto;
      min-height: 0;
    }
  }
`;

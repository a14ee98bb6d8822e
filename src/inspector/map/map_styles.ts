// How the map looks, besides what its canvases paint.
import { css } from 'lit';

export const mapStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  .body {
    position: relative;
    user-select: none;
    -webkit-user-select: none;
  }
  .strip {
    position: relative;
    height: 40px;
    margin-bottom: 2px;
    overflow: hidden;
  }
  .strip .none {
    position: absolute;
    inset: 0;
    border: 1px dashed var(--nbd-rule);
    border-radius: var(--nbd-radius);
    padding: 9px 8px;
  }
  .box {
    position: absolute;
    inset-block: 0;
    min-height: 0;
    padding: 2px 5px;
    border: 1px solid var(--nbd-rule-strong);
    border-radius: var(--nbd-radius);
    overflow: hidden;
    text-align: start;
    font-size: var(--nbd-text-small);
    line-height: 16px;
    color: var(--nbd-ink);
  }
  .box b,
  .box span {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .box b.warn {
    display: inline;
    float: left;
    margin-inline-end: 4px;
    color: var(--nbd-warn);
  }
  .box.free {
    border-style: dashed;
    background: transparent;
    color: var(--nbd-ink-dim);
  }
  .box.several {
    text-align: center;
    padding-inline: 0;
  }
  .box:focus-visible {
    outline-offset: -3px;
  }
  .box[aria-pressed='true'] {
    box-shadow: inset 0 0 0 2px var(--nbd-accent);
  }
  .part-1, .part-1:hover:not(:disabled) { background: var(--nbd-part-1); }
  .part-2, .part-2:hover:not(:disabled) { background: var(--nbd-part-2); }
  .part-3, .part-3:hover:not(:disabled) { background: var(--nbd-part-3); }
  .part-4, .part-4:hover:not(:disabled) { background: var(--nbd-part-4); }
  .part-5, .part-5:hover:not(:disabled) { background: var(--nbd-part-5); }
  .part-6, .part-6:hover:not(:disabled) { background: var(--nbd-part-6); }
  .part-7, .part-7:hover:not(:disabled) { background: var(--nbd-part-7); }
  .part-8, .part-8:hover:not(:disabled) { background: var(--nbd-part-8); }
  .exact {
    position: relative;
    height: 6px;
    background: var(--nbd-sunken);
    overflow: hidden;
  }
  .exact .part {
    position: absolute;
    inset-block: 0;
    min-width: 2px;
    border: 1px solid var(--nbd-rule-strong);
  }
  .rows {
    position: relative;
    touch-action: pan-y;
    cursor: crosshair;
  }
  .rows:focus-visible {
    outline-offset: 2px;
  }
  .pixels {
    position: relative;
    overflow: hidden;
  }
  .row {
    padding-top: 6px;
  }
  .lit {
    position: relative;
    height: 12px;
    margin-top: 6px;
    overflow: hidden;
    border: 1px solid var(--nbd-rule-strong);
    background: var(--nbd-sunken);
  }
  .lit div {
    position: absolute;
    inset-block: 0;
    min-width: 2px;
    background: var(--nbd-dirty);
  }
  .lit-words {
    display: flex;
    gap: 8px;
    align-items: center;
    font-size: var(--nbd-text-small);
    overflow-wrap: anywhere;
  }
  .lit-words button {
    flex: none;
    min-height: 22px;
  }
  canvas {
    display: block;
  }
  .row canvas,
  .overview canvas {
    width: 100%;
    border-block: 1px solid var(--nbd-rule-strong);
    box-sizing: content-box;
  }
  .row canvas {
    height: var(--row-height, 28px);
  }
  .caption {
    display: flex;
    gap: 4px 12px;
    flex-wrap: wrap;
    align-items: center;
    font-size: var(--nbd-text-small);
    min-height: var(--nbd-line);
    cursor: default;
  }
  .caption .total {
    display: inline-flex;
    gap: 5px;
    align-items: center;
    white-space: nowrap;
  }
  .caption .total canvas {
    width: 14px;
    height: 14px;
    border: 1px solid var(--nbd-rule-strong);
    flex: none;
  }
  .selected,
  .cursor,
  .zoomed {
    position: absolute;
    pointer-events: none;
    inset-block: 0;
  }
  .selected {
    min-width: 3px;
    border: 2px solid var(--nbd-mark);
    box-shadow: inset 0 0 0 1px var(--nbd-raised), 0 0 0 1px var(--nbd-raised);
  }
  .cursor {
    width: 0;
    border-inline-start: 1px solid var(--nbd-mark);
    outline: 1px solid var(--nbd-raised);
  }
  .scale,
  .below {
    display: flex;
    justify-content: space-between;
    gap: 2px 12px;
    font-size: var(--nbd-text-small);
    color: var(--nbd-ink-dim);
  }
  .below {
    flex-wrap: wrap;
    min-height: var(--nbd-control);
    align-items: center;
    margin-top: 4px;
  }
  .overview {
    position: relative;
    margin-top: 4px;
    cursor: pointer;
    touch-action: pan-y;
  }
  .overview canvas {
    height: 12px;
  }
  .zoomed {
    min-width: 4px;
    border: 2px solid var(--nbd-mark);
    border-radius: 2px;
  }
  .words {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
    column-gap: var(--nbd-gap-large);
    min-height: var(--nbd-line);
    margin-top: 4px;
  }
  .words span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .phase {
    display: flex;
    gap: 4px 8px;
    align-items: center;
    flex: 1 1 280px;
    min-width: 0;
  }
  .phase .bad {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .phase button {
    flex: none;
  }
  .tools {
    display: flex;
    gap: 4px;
  }
  .tools button {
    min-width: 32px;
    padding: 0 8px;
  }
  .bad {
    color: var(--nbd-bad);
  }
  .nothing {
    border: 1px dashed var(--nbd-rule-strong);
    border-radius: var(--nbd-radius);
    padding: 12px;
    margin-top: 6px;
  }
`;

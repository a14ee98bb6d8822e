// How the rows of the hex view look.
import { css } from 'lit';

/** A ground for each field in turn, lighter than a partition's. Its first byte has a rule before it, so that colour is not alone. */
const fieldColours = css`
  .field-1 {
    background-color: color-mix(in srgb, var(--nbd-part-1) 60%, var(--nbd-raised));
  }
  .field-2 {
    background-color: color-mix(in srgb, var(--nbd-part-6) 60%, var(--nbd-raised));
  }
  .field-3 {
    background-color: color-mix(in srgb, var(--nbd-part-4) 60%, var(--nbd-raised));
  }
  .reserved {
    background-color: color-mix(in srgb, var(--nbd-part-8) 40%, var(--nbd-raised));
  }
`;

export const gridStyles = [
  css`
    :host {
      display: flex;
      flex-direction: column;
      min-height: 0;
      --cell: 3ch;
    }
    .grid {
      position: relative;
      flex: 1;
      min-height: 0;
      display: flex;
      border: 1px solid var(--nbd-rule);
      border-radius: var(--nbd-radius);
      background: var(--nbd-raised);
      font: var(--nbd-text) / var(--nbd-line) var(--nbd-mono);
      overflow: hidden;
    }
    .grid.narrow {
      --cell: 2.4ch;
      font-size: var(--nbd-text-small);
    }
    .grid.narrow.long {
      font-size: 11px;
    }
    .sheet {
      flex: 1;
      min-width: 0;
      display: flex;
      flex-direction: column;
      outline: none;
    }
    .sheet:focus-visible {
      outline: 2px solid var(--nbd-focus);
      outline-offset: -2px;
    }
    .head {
      border-bottom: 1px solid var(--nbd-rule);
      color: var(--nbd-ink-dim);
      background: var(--nbd-sunken);
    }
    .body {
      position: relative;
      flex: 1;
      min-height: 0;
      overflow: hidden;
      touch-action: none;
      cursor: text;
      user-select: none;
      -webkit-user-select: none;
    }
    .row {
      display: flex;
      height: var(--nbd-line);
      padding-inline-start: 1ch;
      white-space: pre;
      flex-wrap: wrap; /* where the names have no room, they are out of sight */
      overflow: hidden;
    }
    .offset {
      color: var(--nbd-ink-dim);
      margin-inline-end: 1ch;
    }
    .byte {
      width: var(--cell);
      text-align: center;
      border-inline-start: 1px solid transparent;
    }
    .gap {
      margin-inline-start: 1ch;
    }
    .text {
      margin-inline-start: 1ch;
      display: inline-flex;
    }
    .char {
      width: 1ch;
      text-align: center;
    }
    .names {
      flex: 1 0 16ch;
      width: 0;
      margin-inline: 2ch 1ch;
      overflow: hidden;
      text-overflow: ellipsis;
      font: var(--nbd-text-small) / var(--nbd-line) var(--nbd-sans);
      color: var(--nbd-ink-dim);
    }
    .byte.zero,
    .char.unprintable {
      color: var(--nbd-ink-dim);
    }
    .reading {
      color: var(--nbd-ink-dim);
      background-image: repeating-linear-gradient(-45deg, transparent 0 5px, var(--nbd-unknown) 5px 7px);
    }
  `,
  fieldColours,
  css`
    .byte.first {
      border-inline-start-color: var(--nbd-ink-dim);
    }
    .selected {
      background-color: var(--nbd-selected);
      color: var(--nbd-selected-ink);
      box-shadow: inset 0 -1px 0 var(--nbd-accent);
    }
    .cursor {
      outline: 2px solid var(--nbd-focus);
      outline-offset: -2px;
    }
    .failed {
      flex: 1;
      min-width: 0;
      display: flex;
      align-items: center;
      gap: 1ch;
      padding-inline: 1ch;
      color: var(--nbd-bad);
      background: repeating-linear-gradient(45deg, transparent 0 6px, var(--nbd-bad-ground) 6px 12px);
    }
    .failed.selected {
      color: var(--nbd-bad);
    }
    .reason {
      overflow: hidden;
      text-overflow: ellipsis;
      background: var(--nbd-raised);
    }
    .retry {
      min-height: 0;
      height: 18px;
      line-height: 1;
      padding: 0 6px;
      font: var(--nbd-text-small) / 1 var(--nbd-sans);
      color: var(--nbd-ink);
    }
    .message {
      padding: var(--nbd-gap-large);
      font-family: var(--nbd-sans);
    }
    .bar {
      width: 14px;
      position: relative;
      background: var(--nbd-sunken);
      border-inline-start: 1px solid var(--nbd-rule);
      touch-action: none;
    }
    .thumb {
      position: absolute;
      inset-inline: 2px;
      height: 28px;
      border-radius: 5px;
      background: var(--nbd-rule-strong);
    }
    .status {
      display: flex;
      flex-wrap: wrap;
      gap: 0 var(--nbd-gap-large);
      min-height: calc(2 * var(--nbd-line));
      padding-top: 4px;
      font-size: var(--nbd-text-small);
    }
    .status .what {
      flex: 1 1 24ch;
      min-width: 0;
      overflow-wrap: anywhere;
    }
    .structures {
      display: flex;
      gap: var(--nbd-gap);
      align-items: center;
      min-height: calc(var(--nbd-line) + 8px);
      overflow-x: auto;
      font-size: var(--nbd-text-small);
    }
    .structures button {
      min-height: var(--nbd-line);
      padding: 0 8px;
      border-color: var(--nbd-rule);
    }
    .probe {
      position: absolute;
      visibility: hidden;
    }
  `,
];

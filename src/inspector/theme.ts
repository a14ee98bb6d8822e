// The colours, fonts and sizes of all elements, as custom properties that a page may set otherwise, and the looks of controls.
import { css } from 'lit';

/*
 * The values are plain colours, so that a canvas can use what getComputedStyle() tells. Text on its ground has a contrast of 4.5:1 at least.
 * What the map shows differs in lightness as well as in hue, and elements add a pattern or a letter.
 * `:where()` weighs nothing: whatever a page sets for `:root` or for an element wins.
 */
const tokens = css`
  :where(:root) {
    /* grounds and ink */
    --nbd-ground: #f4f5f7;
    --nbd-raised: #ffffff;
    --nbd-sunken: #ebedf0;
    --nbd-hover: #eef2f8;
    --nbd-ink: #1a1d21;
    --nbd-ink-dim: #545b66;
    --nbd-rule: #d8dce2;
    --nbd-rule-strong: #848c98;

    /* what can be acted on, what is chosen, what has the focus */
    --nbd-accent: #1a56b8;
    --nbd-accent-ink: #ffffff;
    --nbd-selected: #d5e4fb;
    --nbd-selected-ink: #10264a;
    --nbd-focus: #1a56b8;

    /* how things stand */
    --nbd-good: #176c3a;
    --nbd-warn: #855300;
    --nbd-warn-ground: #fff3d6;
    --nbd-bad: #b3221d;
    --nbd-bad-ground: #fdeae8;

    /* the map: block status */
    --nbd-data: #2a5ca8;
    --nbd-zero: #a9bfdd;
    --nbd-hole: #f4f5f7;
    --nbd-dirty: #a34a00;
    --nbd-clean: #eee5dc;
    --nbd-depth: #6a3d9a;
    --nbd-unknown: #dfe2e7;
    --nbd-unreadable: #b3221d;
    --nbd-mark: #1a1d21;

    /* partitions by number, structures by field: grounds for --nbd-ink */
    --nbd-part-1: #c3d7f5;
    --nbd-part-2: #c4e6cd;
    --nbd-part-3: #f7d9b4;
    --nbd-part-4: #e2cff2;
    --nbd-part-5: #f5c9cf;
    --nbd-part-6: #bfe5e6;
    --nbd-part-7: #ebe2a6;
    --nbd-part-8: #d6d9de;

    /* type: a page asks for no font, the system has good ones */
    --nbd-sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
    --nbd-mono: ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace;
    --nbd-text: 13px;
    --nbd-text-small: 12px;
    --nbd-text-large: 15px;
    --nbd-line: 20px;

    /* space: multiples of 4 px */
    --nbd-gap: 8px;
    --nbd-gap-large: 16px;
    --nbd-row: 28px;
    --nbd-control: 28px;
    --nbd-radius: 4px;
  }

  @media (prefers-color-scheme: dark) {
    :where(:root) {
      --nbd-ground: #14171b;
      --nbd-raised: #1b1f25;
      --nbd-sunken: #0f1215;
      --nbd-hover: #242a32;
      --nbd-ink: #e4e7eb;
      --nbd-ink-dim: #a1a9b5;
      --nbd-rule: #30363f;
      --nbd-rule-strong: #737d8b;

      --nbd-accent: #7fb0ff;
      --nbd-accent-ink: #0d1a2e;
      --nbd-selected: #1f3c68;
      --nbd-selected-ink: #e8f0ff;
      --nbd-focus: #7fb0ff;

      --nbd-good: #6ecb8f;
      --nbd-warn: #f0b95a;
      --nbd-warn-ground: #33280f;
      --nbd-bad: #ff938a;
      --nbd-bad-ground: #3a1a18;

      --nbd-data: #6ea3ee;
      --nbd-zero: #385480;
      --nbd-hole: #14171b;
      --nbd-dirty: #f2a05c;
      --nbd-clean: #2b241d;
      --nbd-depth: #c39cf0;
      --nbd-unknown: #2a2f37;
      --nbd-unreadable: #ff938a;
      --nbd-mark: #e4e7eb;

      --nbd-part-1: #24446f;
      --nbd-part-2: #22512f;
      --nbd-part-3: #603f16;
      --nbd-part-4: #4a3263;
      --nbd-part-5: #622d37;
      --nbd-part-6: #1d4f52;
      --nbd-part-7: #544b14;
      --nbd-part-8: #3a4049;
    }
  }
`;

/** What every element's shadow tree begins with: type, focus, and the looks of buttons, fields and links. */
export const shared = css`
  :host {
    box-sizing: border-box;
    color: var(--nbd-ink);
    font: var(--nbd-text) / var(--nbd-line) var(--nbd-sans);
    font-variant-numeric: tabular-nums;
    text-align: start;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :focus-visible {
    outline: 2px solid var(--nbd-focus);
    outline-offset: 1px;
  }
  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  ul,
  ol {
    margin: 0;
    padding: 0;
  }
  h2 {
    font-size: var(--nbd-text);
    font-weight: 600;
  }
  button,
  input,
  select {
    font: inherit;
    font-variant-numeric: inherit;
    color: inherit;
    min-height: var(--nbd-control);
    padding: 0 10px;
    border: 1px solid var(--nbd-rule-strong);
    border-radius: var(--nbd-radius);
    background: var(--nbd-raised);
  }
  button {
    cursor: pointer;
    white-space: nowrap;
  }
  button:hover:not(:disabled) {
    background: var(--nbd-hover);
  }
  button.main {
    border-color: var(--nbd-accent);
    background: var(--nbd-accent);
    color: var(--nbd-accent-ink);
  }
  button.main:hover:not(:disabled) {
    background: var(--nbd-accent);
    filter: brightness(1.1);
  }
  button:disabled {
    cursor: default;
    color: var(--nbd-ink-dim);
    border-color: var(--nbd-rule);
  }
  input::placeholder {
    color: var(--nbd-ink-dim);
    opacity: 1;
  }
  a {
    color: var(--nbd-accent);
  }
  .mono {
    font-family: var(--nbd-mono);
  }
  .dim {
    color: var(--nbd-ink-dim);
  }
  .number {
    text-align: end;
    white-space: nowrap;
  }
  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

const themed = new WeakSet<Document>();

/** Gives a document the custom properties, once. A strict content security policy allows this: it is no inline style. */
export function adoptTheme(document: Document): void {
  const sheet = tokens.styleSheet;
  if (sheet === undefined || themed.has(document)) return;
  themed.add(document);
  document.adoptedStyleSheets = [sheet, ...document.adoptedStyleSheets];
}

// <nbd-keys>: the list of keys, as a dialog.
import { css, html, LitElement } from 'lit';
import { shared } from './theme.js';

interface Key {
  readonly keys: readonly string[];
  readonly what: string;
}

const groups: readonly { readonly title: string; readonly keys: readonly Key[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      { keys: ['?'], what: 'this list' },
      { keys: ['m'], what: 'to the map' },
      { keys: ['t'], what: 'to the table of partitions' },
      { keys: ['b'], what: 'to the bytes' },
      { keys: ['f'], what: 'to the files, and back to the bytes' },
      { keys: ['o'], what: 'open the chosen image as a disk' },
      { keys: ['u'], what: 'out to the disk around it' },
      { keys: ['v'], what: 'to the values at the place' },
      { keys: ['d'], what: 'to the choice of disks' },
      { keys: ['['], what: 'previous partition' },
      { keys: [']'], what: 'next partition' },
      { keys: ['y'], what: 'copy the link to this place' },
      { keys: ['Alt', '←'], what: 'back to the place before' },
    ],
  },
  {
    title: 'In the map',
    keys: [
      { keys: ['+'], what: 'closer' },
      { keys: ['−'], what: 'further away' },
      { keys: ['←', '→'], what: 'along the disk' },
      { keys: ['Home', 'End'], what: 'to the beginning, to the end' },
      { keys: ['0'], what: 'the whole disk' },
    ],
  },
  {
    title: 'In the bytes',
    keys: [
      { keys: ['Ctrl', 'g'], what: 'go to an offset, a sector or a partition' },
      { keys: ['Ctrl', 'f'], what: 'search' },
    ],
  },
  {
    title: 'In a table',
    keys: [
      { keys: ['↑', '↓'], what: 'another row' },
      { keys: ['Enter'], what: 'choose it' },
      { keys: ['Backspace'], what: 'of files: the directory above' },
    ],
  },
];

export class KeysElement extends LitElement {
  static override styles = [
    shared,
    css`
      dialog {
        width: min(680px, calc(100vw - 32px));
        padding: 20px 24px;
        border: 1px solid var(--nbd-rule-strong);
        border-radius: calc(2 * var(--nbd-radius));
        background: var(--nbd-raised);
        color: var(--nbd-ink);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      header {
        display: flex;
        justify-content: space-between;
        align-items: center;
        margin-block-end: 12px;
      }
      header h2 {
        font-size: var(--nbd-text-large);
      }
      .groups {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(240px, 1fr));
        gap: 16px 32px;
      }
      h3 {
        font-size: var(--nbd-text-small);
        font-weight: 600;
        color: var(--nbd-ink-dim);
        margin-block-end: 4px;
      }
      dl > div {
        display: grid;
        grid-template-columns: 96px 1fr;
        align-items: center;
        min-height: 26px;
      }
      kbd {
        display: inline-block;
        min-width: 22px;
        padding: 0 5px;
        border: 1px solid var(--nbd-rule-strong);
        border-radius: 3px;
        background: var(--nbd-sunken);
        font: var(--nbd-text-small) / 18px var(--nbd-mono);
        text-align: center;
      }
    `,
  ];

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  /** Shows the list, over everything, until it is closed. */
  open(): void {
    if (this.#dialog?.open === false) this.#dialog.showModal();
  }

  #dialogOnClick(event: MouseEvent): void {
    if (event.target === this.#dialog) this.#dialog?.close(); // beside it
  }

  override render() {
    return html`
      <dialog aria-labelledby="title" @click=${this.#dialogOnClick}>
        <header>
          <h2 id="title">Keys</h2>
          <button @click=${() => this.#dialog?.close()}>Close</button>
        </header>
        <div class="groups">
          ${groups.map(
            ({ title, keys }) => html`
              <section>
                <h3>${title}</h3>
                <dl>${keys.map(({ keys, what }) => html`<div><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what}</dd></div>`)}</dl>
              </section>
            `,
          )}
        </div>
      </dialog>
    `;
  }
}

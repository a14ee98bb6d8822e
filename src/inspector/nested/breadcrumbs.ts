// <nbd-breadcrumbs>: the way from the server's disk to the one that is shown: each disk, the partition of it, and the image there.
import { css, html, LitElement, type TemplateResult } from 'lit';
import { escapeControls } from '../../text/escape.js';
import { shown } from '../files/names.js';
import type { FilesPlace } from '../files_place.js';
import type { ImagePlace } from '../image_place.js';
import { shared } from '../theme.js';

export class BreadcrumbsElement extends LitElement {
  static override properties = {
    label: {},
    inside: { attribute: false },
    enter: { attribute: false },
  };
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        background: var(--nbd-ground);
        border-block-end: 1px solid var(--nbd-rule);
      }
      ol {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        list-style: none;
        padding: 2px 8px;
        min-height: 28px;
      }
      li {
        display: flex;
        align-items: center;
        min-width: 0;
        max-width: 100%;
      }
      li + li::before {
        content: '›';
        padding-inline: 2px;
        color: var(--nbd-ink-dim);
      }
      button,
      [aria-current] {
        min-height: 24px;
        max-width: 100%;
        padding: 0 4px;
        border: 0;
        background: none;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      button {
        color: var(--nbd-accent);
      }
      [aria-current] {
        line-height: 24px;
        font-weight: 600;
      }
    `,
  ];
  /** What the server's disk is called. */
  declare label: string;
  declare inside: readonly ImagePlace[];
  /** Goes to a disk by how many images are on the way, as it was left; or to a place of its files. */
  declare enter: (depth: number, files?: FilesPlace) => void;

  protected override render(): TemplateResult {
    const label = escapeControls(this.label);
    return html`
      <nav aria-label="Disks around">
        <ol>
          <li><button title="Back to ${label}" @click=${() => this.enter(0)}><bdi dir="auto">${label}</bdi></button></li>
          ${this.inside.map((place, depth) => this.#steps(place, depth))}
        </ol>
      </nav>
    `;
  }

  /** The partition, where there is one, and the image. */
  #steps({ partition, path }: ImagePlace, depth: number): TemplateResult {
    const name = html`<bdi dir="auto">${path === undefined ? 'the image on it' : shown(path)}</bdi>`;
    const title = path === undefined ? 'The whole disk is an image' : shown(path);
    const isLast = depth + 1 === this.inside.length;
    return html`
      ${
        partition === undefined
          ? ''
          : html`<li>
              <button title="The files of partition ${partition}" @click=${() => this.enter(depth, { partition, path: '/' })}>
                partition ${partition}
              </button>
            </li>`
      }
      <li>
        ${
          isLast
            ? html`<span aria-current="location" title=${title}>${name}</span>`
            : html`<button title=${title} @click=${() => this.enter(depth + 1)}>${name}</button>`
        }
      </li>
    `;
  }
}

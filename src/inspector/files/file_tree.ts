// <nbd-file-tree>: the directories, as a tree. Only the rows in view are in the document; the focus is as in <nbd-file-list>.
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { shared } from '../theme.js';
import type { FilesModel } from './files_model.js';
import { listingStyles, rowHeight } from './listing_styles.js';
import { lastName, pathsTo, root, shown } from './names.js';
import { arranged, isDirectory } from './rows.js';
import { scrollFor, visible } from './visible.js';

interface Node {
  readonly path: string;
  readonly level: number;
  /** Among its siblings, from 1 on. */
  readonly position: number;
  readonly siblings: number;
}

export class FileTreeElement extends LitElement {
  static override properties = {
    model: { attribute: false },
    version: { attribute: false },
    directory: { attribute: false },
    open: { attribute: false },
    current: { state: true },
    expanded: { state: true },
  };
  static override styles = [
    shared,
    listingStyles,
    css`
      .row {
        display: flex;
        padding-inline-end: 12px;
      }
      .twist {
        flex: none;
        width: 22px;
        text-align: center;
        color: var(--nbd-ink-dim);
      }
      [aria-selected='true'] .twist {
        color: inherit;
      }
      .indent {
        flex: none;
      }
    `,
  ];
  declare model: FilesModel | undefined;
  declare version: number;
  /** The path of the directory whose names are listed. */
  declare directory: string;
  declare open: (path: string) => void;
  /** The path that the keyboard is at. */
  declare protected current: string;
  declare protected expanded: ReadonlySet<string>;

  #nodes: readonly Node[] = [];
  readonly #resized = new ResizeObserver(() => this.requestUpdate());

  constructor() {
    super();
    this.version = 0;
    this.directory = root;
    this.current = root;
    this.expanded = new Set([root]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('directory')) {
      this.current = this.directory;
      this.expanded = new Set([...this.expanded, ...pathsTo(this.directory).slice(0, -1), root]);
    }
    if (changed.has('model') && changed.get('model') !== undefined) this.expanded = new Set(pathsTo(this.directory));
    this.#nodes = this.model === undefined ? [] : [...this.#walk(this.model, root, 1, 1, 1)];
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has('directory') || changed.has('version')) this.#show(this.#index);
  }

  *#walk(model: FilesModel, path: string, level: number, position: number, siblings: number): Generator<Node> {
    yield { path, level, position, siblings };
    if (!this.expanded.has(path)) return;
    const directories = sorted(model, path);
    for (const [i, child] of directories.entries()) yield* this.#walk(model, child, level + 1, i + 1, directories.length);
  }

  get #index(): number {
    return Math.max(
      0,
      this.#nodes.findIndex(({ path }) => path === this.current),
    );
  }

  get #scroller(): HTMLElement | null {
    return this.renderRoot.querySelector('.scroll');
  }

  get #scrolled() {
    const { scrollTop = 0, clientHeight = 0 } = this.#scroller ?? {};
    return { scrollTop, height: clientHeight, rowHeight, count: this.#nodes.length };
  }

  #show(index: number): void {
    const to = scrollFor(index, this.#scrolled);
    if (to === undefined) return;
    this.#scroller?.scrollTo(0, to);
    this.requestUpdate();
  }

  #expand(path: string, isExpanded: boolean): void {
    const expanded = new Set(this.expanded);
    if (isExpanded) expanded.add(path);
    else expanded.delete(path);
    this.expanded = expanded;
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.#index;
    const node = this.#nodes[index];
    if (node === undefined) return;
    const isExpanded = this.expanded.has(node.path);
    const parent = this.#nodes.findLastIndex(({ level }, i) => i < index && level < node.level);
    const steps: Record<string, number> = {
      ArrowUp: index - 1,
      ArrowDown: index + 1,
      Home: 0,
      End: this.#nodes.length - 1,
      ArrowRight: isExpanded ? index + 1 : index,
      ArrowLeft: isExpanded ? index : parent,
    };
    const next = steps[event.key];
    if (next !== undefined) {
      if (event.key === 'ArrowRight' && !isExpanded) this.#expand(node.path, true);
      if (event.key === 'ArrowLeft' && isExpanded) this.#expand(node.path, false);
      const to = Math.max(0, Math.min(this.#nodes.length - 1, next));
      this.current = this.#nodes[to]?.path ?? root;
      this.#show(to);
    } else if (event.key === 'Enter' || event.key === ' ') this.open(node.path);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  #choose(path: string): void {
    this.current = path;
    this.#expand(path, true);
    this.open(path);
  }

  protected override render(): TemplateResult {
    const { first, last, top, total } = visible(this.#scrolled);
    const index = this.#index;
    return html`<div
      class="scroll"
      role="tree"
      tabindex="0"
      aria-label="Directories"
      aria-activedescendant=${index >= first && index < last ? `node-${index}` : nothing}
      @scroll=${() => this.requestUpdate()}
      @keydown=${this.#onKey}
    >
      <div role="presentation" .style=${`height: ${total}px`}>
        <div role="presentation" class="rows" .style=${`transform: translateY(${top}px)`}>
          ${this.#nodes.slice(first, last).map((node, i) => this.#row(node, first + i, index))}
        </div>
      </div>
    </div>`;
  }

  #row({ path, level, position, siblings }: Node, index: number, current: number): TemplateResult {
    const isExpanded = this.expanded.has(path);
    const folder = this.model?.known(path);
    const isLeaf = folder?.state === 'read' && !folder.rows.some(isDirectory);
    const name = path === root ? '/' : shown(lastName(path));
    return html`
      <div
        class="row${index === current ? ' current' : ''}"
        role="treeitem"
        id="node-${index}"
        aria-level=${level}
        aria-posinset=${position}
        aria-setsize=${siblings}
        aria-expanded=${isLeaf ? nothing : isExpanded}
        aria-selected=${path === this.directory}
        title=${shown(path)}
        @click=${() => this.#choose(path)}
      >
        <span class="indent" .style=${`width: ${Math.min(20, level - 1) * 14}px`}></span>
        <span
          class="twist"
          aria-hidden="true"
          @click=${(event: Event) => {
            event.stopPropagation();
            this.#expand(path, !isExpanded);
          }}
        >${isLeaf ? '' : isExpanded ? '▾' : '▸'}</span>
        <bdi class="name" dir="auto">${name}</bdi>
        ${folder?.failure === undefined ? nothing : html`<b class="bad" title=${folder.failure.text}>&nbsp;! ${folder.failure.code}</b>`}
      </div>
    `;
  }
}

const known = new WeakMap<object, { readonly version: number; readonly paths: readonly string[] }>();

/** The directories in a directory, by name. */
function sorted(model: FilesModel, path: string): readonly string[] {
  const folder = model.folder(path);
  const found = known.get(folder);
  if (found?.version === folder.version) return found.paths;
  const directories = folder.rows.filter(isDirectory);
  const paths = arranged(directories, { by: 'name', isDown: false }, '').map(({ path }) => path);
  known.set(folder, { version: folder.version, paths });
  return paths;
}

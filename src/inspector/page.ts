// <nbd-page>: the whole page. It knows the disks of its server and the address bar, and shows the inspector or the connect screen.
import { css, html, LitElement } from 'lit';
import { escapeControls } from '../text/escape.js';
import { fetchDisks, type ServedDisk } from './disks.js';
import type { InsidePlace, Typed } from './events.js';
import { imageName } from './image_place.js';
import type { InspectorElement } from './inspector.js';
import { isSameDisk, isSameStep, type Place, readPlace, withoutToken, writePlace } from './place.js';
import type { ProbeFunction } from './probing.js';
import { DisksError, explain, type Problem, type Remedy } from './problems.js';
import type { Selection } from './selection.js';
import { shared } from './theme.js';
import { keepToken, takeToken, tokenOf, withToken } from './tokens.js';

/** How long the page says that it has done something, in milliseconds. */
const noteTime = 4000;

/** What stands in the page. */
type Screen = 'loading' | 'connect' | 'disk';

export class PageElement extends LitElement {
  static override properties = {
    probe: { attribute: false },
    screen: { state: true },
    disks: { state: true },
    place: { state: true },
    problem: { state: true },
    selection: { state: true },
    note: { state: true },
  };
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        min-height: 100%;
        background: var(--nbd-ground);
      }
      nbd-inspector {
        min-height: 100dvh;
      }
      @media (min-width: 1280px) {
        nbd-inspector {
          height: 100dvh;
          min-height: 620px;
        }
      }
      .loading {
        padding: 24px 16px;
        color: var(--nbd-ink-dim);
      }
    `,
  ];
  declare probe: ProbeFunction | undefined;
  declare screen: Screen;
  declare disks: readonly ServedDisk[] | undefined;
  declare place: Place;
  declare problem: Problem | undefined;
  declare selection: Selection | undefined;
  declare note: string;

  #ending = new AbortController();
  /** The URLs that were opened by a click or typed in. */
  readonly #allowed = new Set<string>();
  #wantsToken = false;
  #noteTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    takeToken();
    this.screen = 'loading';
    this.place = readPlace(location.hash);
    this.note = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    window.addEventListener('popstate', () => this.#follow(), { signal });
    window.addEventListener('hashchange', () => this.#follow(), { signal });
    window.addEventListener('keydown', (event) => this.#pressed(event), { signal });
    this.addEventListener('nbd-select', ({ detail }) => this.#selected(detail), { signal });
    this.addEventListener('nbd-view', ({ detail }) => this.#go({ ...this.place, view: detail ?? undefined }, 'replace'), {
      signal,
    });
    this.addEventListener('nbd-files', ({ detail }) => this.#go({ ...this.place, files: detail ?? undefined }, 'push'), {
      signal,
    });
    this.addEventListener('nbd-inside', ({ detail }) => this.#enter(detail), { signal });
    this.addEventListener('nbd-choose', ({ detail }) => this.#choose(detail), { signal });
    this.addEventListener('nbd-export', ({ detail }) => this.#chooseExport(detail), { signal });
    this.addEventListener('nbd-connect', ({ detail }) => this.#connect(detail), { signal });
    this.addEventListener('nbd-remedy', ({ detail }) => this.#remedy(detail), { signal });
    this.addEventListener('nbd-copy-link', () => void this.#copyLink(), { signal });
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ending.abort();
    clearTimeout(this.#noteTimer);
  }

  protected override updated(): void {
    const names = [...(this.place.inside ?? []).map(imageName), this.#label].slice(-2);
    document.title = this.screen === 'disk' ? `${escapeControls(names.join(' in '))} · disk inspector` : 'Disk inspector';
  }

  // --- what the server has ---

  async #load(): Promise<void> {
    const { signal } = this.#ending;
    this.screen = 'loading';
    this.problem = undefined;
    this.#wantsToken = false;
    try {
      this.disks = await fetchDisks(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#wantsToken = error instanceof DisksError && error.kind === 'token';
      this.problem = explain(error);
      this.screen = 'connect';
      return;
    }
    const { disks = [], place } = this;
    const [only] = disks;
    const isBare = place.disk === undefined && place.url === undefined;
    if (only !== undefined && disks.length === 1 && isBare) this.#go({ ...place, disk: only.name }, 'replace');
    this.#show();
  }

  // --- where the page is ---

  /** The address bar has changed: back, forward, or a link that was pasted in. */
  #follow(): void {
    takeToken();
    const place = readPlace(location.hash);
    const isSame = isSameDisk(place, this.place);
    this.place = place;
    if (isSame) this.#showSelection();
    else this.#show();
  }

  #go(place: Place, how: 'push' | 'replace'): void {
    this.place = place;
    const url = `#${writePlace(place)}`;
    if (url === location.hash) return;
    if (how === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
  }

  #show(): void {
    const { disk, url } = this.place;
    this.problem = undefined;
    this.#showSelection();
    if (disk !== undefined) {
      const isListed = this.disks?.some(({ name }) => name === disk) ?? false;
      this.screen = isListed ? 'disk' : 'connect';
      if (!isListed) this.problem = this.#noSuchDisk(disk);
    } else this.screen = url !== undefined && this.#allowed.has(url) ? 'disk' : 'connect';
  }

  #showSelection(): void {
    const { at, length = 0n } = this.place;
    this.selection = at === undefined ? undefined : { offset: at, length, why: 'the link' };
  }

  #noSuchDisk(disk: string): Problem {
    const todo = 'It may have been opened under another name. Choose one of the disks that there are.';
    return { what: `This server has no disk “${disk}”`, todo, why: '', remedy: 'again' };
  }

  // --- what the user does ---

  #selected(selection: Selection): void {
    const isStep = this.selection === undefined || !isSameStep(this.selection, selection);
    this.selection = selection;
    this.#go({ ...this.place, at: selection.offset, length: selection.length }, isStep ? 'push' : 'replace');
  }

  #enter({ inside, selection, view, files }: InsidePlace): void {
    this.#go({ ...this.place, inside, at: selection?.offset, length: selection?.length, view, files }, 'push');
    this.#showSelection();
    this.selection = selection;
  }

  #choose(choice: { readonly disk: string } | 'connect'): void {
    this.#go(choice === 'connect' ? {} : { disk: choice.disk }, 'push');
    this.#show();
  }

  #chooseExport(exportName: string): void {
    const { disk, url } = this.place;
    this.#go({ disk, url, exportName }, 'push');
    this.#show();
  }

  #connect({ url, exportName, token }: Typed): void {
    if (url === '') {
      if (token !== undefined) keepToken(token);
      void this.#load();
      return;
    }
    const typedToken = new URL(url).searchParams.get('token') ?? token;
    const bare = withoutToken(url);
    if (typedToken !== undefined) keepToken(typedToken, bare);
    this.#allowed.add(bare);
    const { inside, at, length, view, files } = this.place.url === bare ? this.place : {};
    this.#go({ url: bare, exportName, inside, at, length, view, files }, 'push');
    this.#show();
  }

  #remedy(remedy: Remedy): void {
    if (remedy === 'again' && this.screen === 'disk') return; // the inspector does
    if (remedy === 'again') void this.#load();
    else if (remedy === 'connect' && this.screen === 'disk') this.#choose('connect');
  }

  #pressed(event: KeyboardEvent): void {
    const isTyping = event
      .composedPath()
      .some((target) => target instanceof Element && target.matches('input, select, textarea, dialog'));
    if (event.defaultPrevented || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'y') void this.#copyLink();
    else if (!this.#inspector?.press(event.key)) return;
    event.preventDefault();
  }

  get #inspector(): InspectorElement | null {
    return this.renderRoot.querySelector<InspectorElement>('nbd-inspector');
  }

  async #copyLink(): Promise<void> {
    const link = new URL(`#${writePlace(this.place)}`, document.baseURI).href;
    try {
      await navigator.clipboard.writeText(link);
      this.#tell('link copied');
    } catch {
      this.#tell('the browser forbids it: copy the address'); // it has the same link
    }
  }

  #tell(note: string): void {
    this.note = note;
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => {
      this.note = '';
    }, noteTime);
  }

  get #label(): string {
    return this.place.disk ?? this.place.url ?? '';
  }

  get #src(): string {
    const { disk, url = '' } = this.place;
    const served = this.disks?.find(({ name }) => name === disk);
    return served === undefined ? withToken(url, tokenOf(url)) : withToken(served.url, tokenOf());
  }

  override render() {
    const { screen, disks, problem, place } = this;
    if (screen === 'loading') return html`<main><p class="loading" role="status">asking the server for its disks…</p></main>`;
    if (screen === 'connect') {
      const suggested =
        place.url === undefined || place.disk !== undefined ? undefined : { url: place.url, exportName: place.exportName };
      return html`
        <main><nbd-connect .disks=${disks} .problem=${problem} .suggested=${suggested} .wantsToken=${this.#wantsToken}></nbd-connect></main>
      `;
    }
    return html`
      <main><nbd-inspector
        .src=${this.#src}
        .exportName=${place.exportName}
        .label=${this.#label}
        .probe=${this.probe}
        .disks=${disks}
        .isPage=${true}
        .note=${this.note}
        .inside=${place.inside ?? []}
        .selection=${this.selection}
        .view=${place.view}
        .files=${place.files}
      ></nbd-inspector></main>
    `;
  }
}

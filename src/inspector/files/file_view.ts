// <nbd-file-view>: one file, or the directory that is listed: a preview, all that is known of it, and what can be done with it.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Progress } from '../../copy/progress.js';
import type { Disk } from '../../disk/disk.js';
import type { FileStat } from '../../files/types.js';
import { fire } from '../events.js';
import { exactSize, grouped, shortSize } from '../format.js';
import { fractionDone, progressText } from '../hex/rate.js';
import { type ImageSign, imageSign } from '../nested/signs.js';
import { select } from '../selection.js';
import { shared } from '../theme.js';
import { download } from './download.js';
import { type Failure, failureOf } from './failure.js';
import { failureBox, failureStyles } from './failure_box.js';
import { fileViewStyles } from './file_view_styles.js';
import type { FilesModel } from './files_model.js';
import { diskPath, joined, lastName, normalized, parentOf, root, shown } from './names.js';
import { placesOf } from './places_of.js';
import { mostPicture, mostText, type Preview, previewOf } from './preview.js';
import { statInWords } from './words.js';

/** What is known of the file that is shown. */
interface Shown {
  readonly stat: FileStat;
  /** Of a link, as a path has it. */
  readonly target?: string;
  /** Of a regular file. */
  readonly disk?: Disk;
  /** Where it is the image of a disk. */
  readonly image?: ImageSign | undefined;
}

export class FileViewElement extends LitElement {
  static override properties = {
    model: { attribute: false },
    path: { attribute: false },
    shown: { state: true },
    failure: { state: true },
    preview: { state: true },
    previewFailure: { state: true },
    told: { state: true },
    progress: { state: true },
    running: { state: true },
  };
  static override styles = [shared, failureStyles, fileViewStyles];
  declare model: FilesModel | undefined;
  declare path: string;
  declare protected shown: Shown | undefined;
  declare protected failure: Failure | undefined;
  declare protected preview: Preview | undefined;
  declare protected previewFailure: Failure | undefined;
  /** What was done, or why it was not. */
  declare protected told: string;
  declare protected progress: Progress | undefined;
  declare protected running: AbortController | undefined;

  #looking = new AbortController();
  #picture: string | undefined;

  constructor() {
    super();
    this.path = root;
    this.told = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('model') || changed.has('path')) void this.#look(); // it keeps what goes wrong
    if (changed.has('preview')) this.#showPicture();
  }

  #end(): void {
    this.#looking.abort();
    this.running?.abort();
    if (this.#picture !== undefined) URL.revokeObjectURL(this.#picture);
    this.#picture = undefined;
  }

  #showPicture(): void {
    if (this.#picture !== undefined) URL.revokeObjectURL(this.#picture);
    this.#picture = this.preview?.kind === 'picture' ? URL.createObjectURL(this.preview.blob) : undefined;
  }

  async #look(): Promise<void> {
    this.#end();
    this.#looking = new AbortController();
    const { signal } = this.#looking;
    this.shown = undefined;
    this.failure = undefined;
    this.preview = undefined;
    this.previewFailure = undefined;
    this.told = '';
    const { model, path } = this;
    if (model === undefined) return;
    try {
      const files = await model.files;
      const stat = await files.stat(diskPath(path), { followLinks: false, signal });
      const disk = stat.type === 'file' ? await files.disk(diskPath(path), { signal }) : undefined;
      const shown: Shown = {
        stat,
        ...(stat.type === 'symlink' ? { target: await model.readlink(path) } : {}),
        ...(disk === undefined ? {} : { disk }),
      };
      if (signal.aborted) return;
      this.shown = shown;
      if (disk !== undefined) void this.#lookForImage(disk, signal);
      if (stat.type === 'file' && stat.size > 0n) await this.#lookInto(stat.size, undefined);
    } catch (error) {
      // Where the file system could not be opened at all, that is said above.
      if (!signal.aborted && model.failure === undefined) this.failure = failureOf(error);
    }
  }

  async #lookForImage(disk: Disk, signal: AbortSignal): Promise<void> {
    // Where its bytes cannot be read, the preview says so.
    const image = await imageSign(disk, lastName(this.path), signal).catch(() => undefined);
    if (!signal.aborted && this.shown !== undefined) this.shown = { ...this.shown, image };
  }

  async #lookInto(size: bigint, wanted: Preview['kind'] | undefined): Promise<void> {
    const { signal } = this.#looking;
    const { model, path } = this;
    this.preview = undefined;
    this.previewFailure = undefined;
    if (model === undefined) return;
    try {
      const preview = await previewOf(await model.files, path, size, wanted, signal);
      if (!signal.aborted) this.preview = preview;
    } catch (error) {
      if (!signal.aborted) this.previewFailure = failureOf(error);
    }
  }

  // --- what can be done ---

  /** Lights the file's places on the map, and selects the first. */
  async #showPlaces(goTo: 'map' | 'bytes'): Promise<void> {
    const { model, path } = this;
    const { signal } = this.#looking;
    if (model === undefined) return;
    try {
      const { ranges, bytes, isCut } = await placesOf(await model.files, path, signal);
      if (signal.aborted) return;
      const [first] = ranges;
      if (first === undefined) {
        this.told = 'It has no place of its own on the disk: it is empty, a hole, or kept inside its inode.';
        return;
      }
      const parts = ranges.length === 1 ? '1 part' : `${grouped(ranges.length)} parts`;
      this.told = `${parts}, ${shortSize(bytes)} on the disk${isCut ? ': these are the first' : ''}. The map shows them.`;
      fire(this, 'nbd-lit', { what: shown(path), ranges });
      select(this, { ...first, why: shown(path) });
      if (goTo === 'bytes') fire(this, 'nbd-files', undefined);
    } catch (error) {
      if (!signal.aborted) this.previewFailure = failureOf(error);
    }
  }

  async #download(disk: Disk, size: bigint): Promise<void> {
    const controller = new AbortController();
    this.running = controller;
    this.told = '';
    try {
      const progress = (progress: Progress) => {
        this.progress = progress;
      };
      await download(disk, this.path, { size, signal: controller.signal, progress });
      this.told = `${shortSize(size)} saved.`;
    } catch (error) {
      const isStopped = controller.signal.aborted || (error instanceof DOMException && error.name === 'AbortError');
      this.told = isStopped ? 'Nothing was saved.' : `Nothing was saved: ${failureOf(error).text}`;
    }
    if (this.running === controller) this.running = undefined;
    this.progress = undefined;
  }

  #goTo(path: string): void {
    fire(this, 'nbd-open-path', normalized(path.startsWith('/') ? path : joined(parentOf(this.path), path)));
  }

  // --- how it looks ---

  protected override render(): TemplateResult {
    const { shown: known, failure, path } = this;
    const name = path === root ? '/' : shown(lastName(path));
    return html`
      <h3 title=${shown(path)}><bdi dir="auto">${name}</bdi></h3>
      ${failure === undefined ? nothing : failureBox(failure, () => void this.#look())}
      ${known === undefined ? (failure === undefined ? html`<p class="note">reading…</p>` : nothing) : this.#known(known)}
    `;
  }

  #known({ stat, target, disk, image }: Shown): TemplateResult {
    return html`
      ${disk === undefined ? nothing : this.#actions(disk, stat.size, image)}
      ${target === undefined ? nothing : this.#target(target)}
      <p class="told" role="status" ?hidden=${this.told === ''}>${this.told}</p>
      ${disk === undefined ? nothing : this.#contents(disk, stat.size)}
      <dl>${statInWords(stat).map(({ label, words }) => html`<dt>${label}</dt><dd>${words}</dd>`)}</dl>
    `;
  }

  #target(target: string): TemplateResult {
    return html`<p class="target">leads to <bdi dir="auto">${shown(target)}</bdi>
      <button @click=${() => this.#goTo(target)}>Go there</button></p>`;
  }

  #actions(disk: Disk, size: bigint, image: ImageSign | undefined): TemplateResult {
    const { running, progress } = this;
    return html`<div class="actions">
      ${
        running === undefined
          ? html`<button class="main" @click=${() => void this.#download(disk, size)}>Download</button>`
          : html`<button @click=${() => running.abort()}>Stop</button>`
      }
      ${image === undefined ? nothing : this.#openAction(image)}
      <button @click=${() => void this.#showPlaces('map')}>Show on the map</button>
      <button @click=${() => void this.#showPlaces('bytes')}>Go to its bytes</button>
      ${
        progress === undefined
          ? nothing
          : html`<span class="progress"><progress aria-label="Saved so far" max="1" .value=${fractionDone(progress.bytes, size)}></progress>
            ${progressText(progress.bytes, size, progress.rate)}</span>`
      }
    </div>`;
  }

  #openAction({ format, isByName }: ImageSign): TemplateResult {
    const title = `${isByName ? 'Its name says that it is' : 'It is'} the image of a disk (${format}): look into it (o)`;
    return html`<button class="open-image" title=${title} @click=${() => fire(this, 'nbd-open-image', this.path)}>Open as a disk</button>`;
  }

  #contents(disk: Disk, size: bigint): TemplateResult {
    if (size === 0n) return html`<p class="note">This file is empty.</p>`;
    const { preview, previewFailure } = this;
    return html`
      <div class="kinds" role="group" aria-label="Preview as">
        ${(['text', 'hex', 'picture'] as const).map((kind) =>
          kind === 'picture' && preview?.kind !== 'picture'
            ? nothing
            : html`<button aria-pressed=${preview?.kind === kind} @click=${() => void this.#lookInto(size, kind)}>${kind}</button>`,
        )}
      </div>
      ${previewFailure === undefined ? nothing : failureBox(previewFailure, () => void this.#lookInto(size, undefined))}
      ${preview === undefined ? (previewFailure === undefined ? html`<p class="note">reading…</p>` : nothing) : this.#preview(preview, disk, size)}
    `;
  }

  #preview(preview: Preview, disk: Disk, size: bigint): TemplateResult {
    switch (preview.kind) {
      case 'text':
        return html`
          <pre tabindex="0" dir="auto" aria-label="Text">${preview.text}</pre>
          ${preview.isCut ? html`<p class="note">These are the first ${shortSize(BigInt(mostText))} of ${exactSize(size)}.</p>` : nothing}
        `;
      case 'picture':
        return html`<img src=${this.#picture ?? ''} alt="Preview of ${shown(lastName(this.path))}" @error=${this.#pictureOnError} />`;
      case 'hex':
        return html`<nbd-hex-grid
          .disk=${disk}
          .size=${size}
          .partitions=${[]}
          @nbd-select=${(event: Event) => event.stopPropagation()}
        ></nbd-hex-grid>`;
    }
  }

  /** A damaged picture says so, and its bytes can still be seen. */
  readonly #pictureOnError = (): void => {
    const text = `the browser cannot decode this picture, of at most ${shortSize(BigInt(mostPicture))}: it may be damaged`;
    this.previewFailure = { code: '', text };
    this.preview = { kind: 'hex' };
  };
}

// What the inspector is doing with its disk: it opens it and the images inside, follows its connections, and has the disks probed.
//
// The disks that are open stand in each other: the first is the subject, and each other is an image on the one before. The last is shown.
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { NBDError } from '../base/errors.js';
import type { Disk } from '../disk/disk.js';
import type { DiskEvent } from '../lasting/events.js';
import type { Link } from './export_header.js';
import { notLoaded } from './files_code.js';
import { commonDepth, type ImagePlace } from './image_place.js';
import { type ProbeFunction, type Probing, probing } from './probing.js';
import { explain, type Problem, reasonOf } from './problems.js';
import { type ListedExport, openSession, type Session, sessionOf } from './session.js';
import type { Source } from './source.js';

/** A disk that somebody else has opened, or where to open one. */
export type Subject = { readonly disk: Disk } | Source;

/** A disk that is open. */
interface Level {
  readonly session: Session;
  readonly ending: AbortController;
  probing: Probing;
  /** Settles when the probe has said what it has found, or why not. */
  looked: Promise<void>;
  /** The format of which the whole disk is an image. */
  image: string | undefined;
}

export class Inspection implements ReactiveController {
  exports: readonly ListedExport[] | undefined;
  link: Link = { state: 'none' };
  problem: Problem | undefined;
  /** The image that is being opened, and how many bytes were read for that. */
  opening: { readonly place: ImagePlace; readonly bytes: number } | undefined;
  readonly #host: ReactiveControllerHost;
  #ending = new AbortController();
  #entering = new AbortController();
  #subject: Subject | undefined;
  #inside: readonly ImagePlace[] = [];
  #levels: Level[] = [];
  #probe: ProbeFunction | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    if (this.#subject !== undefined && this.#levels.length === 0) this.again();
  }

  hostDisconnected(): void {
    this.#end();
  }

  /** Of the disk that is shown; undefined until it is open. */
  get session(): Session | undefined {
    return this.#shown?.session;
  }

  get probing(): Probing {
    return this.#shown?.probing ?? { state: this.#probe === undefined || this.link.state !== 'opening' ? 'none' : 'asking' };
  }

  /** The format of which the whole disk that is shown is an image. */
  get image(): string | undefined {
    return this.#shown?.image;
  }

  /** How many of the images on the way to the disk that is wanted are open. */
  get depth(): number {
    return Math.max(0, this.#levels.length - 1);
  }

  get #shown(): Level | undefined {
    return this.#levels[this.#inside.length];
  }

  /** Opens a disk in the place of the one before, and the images inside; undefined for none. */
  open(subject: Subject | undefined, inside: readonly ImagePlace[]): void {
    this.#subject = subject;
    this.#inside = inside;
    this.again();
  }

  /** Goes to another of the disks inside. Those on the way to it stay open, and the others are closed. */
  enter(inside: readonly ImagePlace[]): void {
    this.#closeFrom(1 + commonDepth(this.#inside, inside));
    this.#inside = inside;
    if (this.#levels.length > 0) void this.#descend();
  }

  /** Opens the images inside anew: all that was read of them is forgotten. */
  reload(): void {
    this.#closeFrom(1);
    void this.#descend();
  }

  /** Opens the same disks anew; where only an image could not be opened, that one. */
  again(): void {
    if (this.problem !== undefined && this.#levels.length > 0) {
      void this.#descend();
      return;
    }
    this.#end();
    this.#ending = new AbortController();
    if (this.#subject !== undefined) void this.#open(this.#subject, this.#ending.signal);
    this.#host.requestUpdate();
  }

  /** Has the disks probed with another function. */
  probeWith(probe: ProbeFunction | undefined): void {
    this.#probe = probe;
    for (const level of this.#levels) level.looked = this.#look(level);
  }

  /** Opens a lost connection again: any request does. Where the server has another disk now, only a new session shows it. */
  async reconnect(): Promise<void> {
    const { signal } = this.#ending;
    try {
      await this.#levels[0]?.session.disk.canMetaContext('libnbd-wasm:none');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NBDError && error.isFatal) this.again();
      else this.#tell({ link: { state: 'lost', why: reasonOf(error) } });
    }
  }

  #end(): void {
    this.#ending.abort();
    this.#closeFrom(0);
    this.exports = undefined;
    this.problem = undefined;
    this.link = { state: 'none' };
  }

  /** Closes disks, the innermost first, and gives up what is being opened in them. */
  #closeFrom(depth: number): void {
    this.#entering.abort();
    this.opening = undefined;
    for (const { session, ending } of this.#levels.splice(depth).reverse()) {
      ending.abort();
      session.close();
    }
  }

  #tell(change: Partial<Pick<Inspection, 'exports' | 'link' | 'problem' | 'opening'>>): void {
    Object.assign(this, change);
    this.#host.requestUpdate();
  }

  async #open(subject: Subject, signal: AbortSignal): Promise<void> {
    this.#tell({ link: { state: 'opening' } });
    try {
      const session = await this.#session(subject, signal);
      if (signal.aborted) {
        session.close();
        return;
      }
      this.#add(session);
      this.#tell({ link: { state: 'connected' } });
      this.#watch(session, signal);
    } catch (error) {
      if (!signal.aborted) this.#tell({ link: { state: 'failed' }, problem: explain(error) });
      return;
    }
    await this.#descend();
  }

  #session(subject: Subject, signal: AbortSignal): Promise<Session> {
    if ('disk' in subject) return sessionOf(subject.disk);
    return openSession(subject, signal, ({ exports }) => {
      if (!signal.aborted) this.#tell({ exports });
    });
  }

  #add(session: Session): void {
    const level: Level = {
      session,
      ending: new AbortController(),
      probing: { state: 'none' },
      looked: Promise.resolve(),
      image: undefined,
    };
    this.#levels.push(level);
    level.looked = this.#look(level);
  }

  /** Opens the images that are not open yet, each on the disk before. What goes wrong stands in `problem`. */
  async #descend(): Promise<void> {
    this.#entering.abort();
    this.#entering = new AbortController();
    const { signal } = this.#entering;
    this.#tell({ problem: undefined });
    for (let depth = this.#levels.length; depth <= this.#inside.length; depth++) {
      const [outer, place] = [this.#levels[depth - 1], this.#inside[depth - 1]];
      if (outer === undefined || place === undefined) return;
      this.#tell({ opening: { place, bytes: 0 } });
      const problem = await this.#openInside(outer, place, depth, signal);
      if (signal.aborted) return;
      this.#tell({ opening: undefined, problem });
      if (problem !== undefined) return;
    }
  }

  async #openInside(outer: Level, place: ImagePlace, depth: number, signal: AbortSignal): Promise<Problem | undefined> {
    const nested = await import('./later.js').catch(notLoaded);
    if ('what' in nested) return nested;
    try {
      await outer.looked;
      signal.throwIfAborted();
      const probe = outer.probing.state === 'found' ? outer.probing.probe : undefined;
      const progress = (bytes: number) => {
        if (!signal.aborted) this.#tell({ opening: { place, bytes } });
      };
      const session = await nested.openInside({ disk: outer.session.disk, probe }, place, { depth, signal, progress });
      if (signal.aborted) session.close();
      else this.#add(session);
      return undefined;
    } catch (error) {
      return nested.explainInside(error);
    }
  }

  #watch({ lasting }: Session, signal: AbortSignal): void {
    const follow = (state: 'reconnecting' | 'lost') => {
      lasting?.addEventListener(state, ({ cause }: DiskEvent) => this.#tell({ link: { state, why: reasonOf(cause) } }), {
        signal,
      });
    };
    follow('reconnecting');
    follow('lost');
    lasting?.addEventListener('connected', () => this.#tell({ link: { state: 'connected' } }), { signal });
  }

  async #look(level: Level): Promise<void> {
    if (this.#probe === undefined) return;
    const { session, ending } = level;
    const { signal } = ending;
    level.probing = { state: 'asking' };
    this.#host.requestUpdate();
    const found = await probing(this.#probe, session.disk, signal);
    if (found === undefined) return;
    level.probing = found;
    this.#host.requestUpdate();
    if (found.state !== 'found' || found.probe.table !== undefined || found.probe.content !== undefined) return;
    // Nothing that libblkid knows: it may be an image. Where that cannot be told, the table says no more than it did.
    const later = import('./later.js');
    level.image = await later.then(({ imageFormatOf }) => imageFormatOf(session.disk, signal)).catch(() => undefined);
    if (!signal.aborted) this.#host.requestUpdate();
  }
}

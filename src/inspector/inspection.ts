// What the inspector is doing with its disk: it opens it, follows its connections, and has it probed.
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { NBDError } from '../base/errors.js';
import type { Disk } from '../disk/disk.js';
import type { DiskEvent } from '../lasting/events.js';
import type { Link } from './export_header.js';
import { type ProbeFunction, type Probing, probing } from './probing.js';
import { explain, type Problem, reasonOf } from './problems.js';
import { type ListedExport, openSession, type Session, sessionOf } from './session.js';
import type { Source } from './source.js';

/** A disk that somebody else has opened, or where to open one. */
export type Subject = { readonly disk: Disk } | Source;

export class Inspection implements ReactiveController {
  session: Session | undefined;
  exports: readonly ListedExport[] | undefined;
  link: Link = { state: 'none' };
  problem: Problem | undefined;
  probing: Probing = { state: 'none' };
  readonly #host: ReactiveControllerHost;
  #ending = new AbortController();
  #subject: Subject | undefined;
  #probe: ProbeFunction | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    if (this.#subject !== undefined && this.session === undefined) this.again();
  }

  hostDisconnected(): void {
    this.#end();
  }

  /** Opens a disk in the place of the one before; undefined for none. */
  open(subject: Subject | undefined): void {
    this.#subject = subject;
    this.again();
  }

  /** Opens the same disk anew. */
  again(): void {
    this.#end();
    this.#ending = new AbortController();
    if (this.#subject !== undefined) void this.#open(this.#subject, this.#ending.signal);
    this.#host.requestUpdate();
  }

  /** Has the disk probed with another function. */
  probeWith(probe: ProbeFunction | undefined): void {
    this.#probe = probe;
    if (this.session !== undefined) void this.#look(this.session, this.#ending.signal);
  }

  /** Opens a lost connection again: any request does. Where the server has another disk now, only a new session shows it. */
  async reconnect(): Promise<void> {
    const { signal } = this.#ending;
    try {
      await this.session?.disk.canMetaContext('libnbd-wasm:none');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NBDError && error.isFatal) this.again();
      else this.#tell({ link: { state: 'lost', why: reasonOf(error) } });
    }
  }

  #end(): void {
    this.#ending.abort();
    this.session?.close();
    this.session = undefined;
    this.exports = undefined;
    this.problem = undefined;
    this.link = { state: 'none' };
    this.probing = { state: 'none' };
  }

  #tell(change: Partial<Pick<Inspection, 'session' | 'exports' | 'link' | 'problem' | 'probing'>>): void {
    Object.assign(this, change);
    this.#host.requestUpdate();
  }

  async #open(subject: Subject, signal: AbortSignal): Promise<void> {
    this.#tell({ link: { state: 'opening' }, probing: { state: this.#probe === undefined ? 'none' : 'asking' } });
    try {
      const session = await this.#session(subject, signal);
      if (signal.aborted) {
        session.close();
        return;
      }
      this.#tell({ session, link: { state: 'connected' } });
      this.#watch(session, signal);
      void this.#look(session, signal);
    } catch (error) {
      if (!signal.aborted) this.#tell({ link: { state: 'failed' }, problem: explain(error) });
    }
  }

  #session(subject: Subject, signal: AbortSignal): Promise<Session> {
    if ('disk' in subject) return sessionOf(subject.disk);
    return openSession(subject, signal, ({ exports }) => {
      if (!signal.aborted) this.#tell({ exports });
    });
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

  async #look({ disk }: Session, signal: AbortSignal): Promise<void> {
    if (this.#probe === undefined) return;
    this.#tell({ probing: { state: 'asking' } });
    const found = await probing(this.#probe, disk, signal);
    if (found !== undefined) this.#tell({ probing: found });
  }
}

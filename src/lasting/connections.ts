// The connections of a disk that stays. All of them lead to one server: only then does a flush on one cover what was written on another.
//
// NBD has no way to tell that a server is the same process as before. So what counts is what the connections show:
// - While one of several is lost and others answer, the server lives. Another connection joins them only when each of them has answered a
//   question that was asked after the new one was made: then the old server was still there, at the address that the new one came from.
// - When the last one is lost, the server counts as dead, with all that it had acknowledged and not flushed.
import { codeOf, NBDError } from '../base/errors.js';
import { diskRanges } from '../disk/disk_error.js';
import { CMD_FLAG_NO_HOLE, type CmdFlag } from '../generated/constants.js';
import { Backoff } from './backoff.js';
import { DiskEvent, type DiskEventType } from './events.js';
import { endsConnection } from './failures.js';
import type { Identity } from './identity.js';
import { orAbort, pause } from './limits.js';
import { noAddress, type Opened, OtherDisk, openHandle } from './opening.js';
import { PooledHandle } from './pooled_handle.js';
import type { RemoteDisk } from './remote_disk.js';
import type { Settings } from './settings.js';
import type { Change, Unflushed } from './unflushed.js';

/** Milliseconds that the servers have for what they have not answered yet when the disk is shut down. */
const goodbyeTimeout = 2_000;

export class Connections {
  readonly #settings: Settings;
  readonly #unflushed: Unflushed;
  readonly #events: EventTarget;
  readonly #closing = new AbortController();
  readonly #backoff: Backoff;
  /** Those in use. */
  #handles: PooledHandle[] = [];
  /** Those that are over, while something of them is still in flight. */
  readonly #draining = new Set<Promise<void>>();
  #identity: Identity | undefined;
  #recovering: Promise<void> | undefined;
  #server = 0;
  #filling: { readonly server: number; readonly filled: Promise<void> } | undefined;
  /** What ended the last connection; what makes every later call fail. */
  #cause: NBDError | undefined;
  #failure: NBDError | undefined;
  /** Whether one of several was lost, and nobody was told: mostly the others are lost with it. */
  #isOneLost = false;

  constructor(settings: Settings, unflushed: Unflushed, events: EventTarget) {
    this.#settings = settings;
    this.#unflushed = unflushed;
    this.#events = events;
    this.#backoff = new Backoff(settings.attempts, settings.maxDelay, settings.timing);
  }

  /** Opens the first connections: each address is tried once, and then as many more as there are to be. */
  async open(signal: AbortSignal | undefined): Promise<Identity> {
    const { addresses } = this.#settings;
    const errors: unknown[] = [];
    while (errors.length < addresses.count) {
      try {
        const opened = await this.#open(signal);
        this.#use([opened]);
        await orAbort(this.#fill(false), signal);
        return opened.identity;
      } catch (error) {
        if (signal?.aborted) this.close();
        signal?.throwIfAborted();
        errors.push(error);
        addresses.advance();
      }
    }
    throw noAddress(errors);
  }

  /** What the server says of the disk; the newest connection's. */
  get identity(): Identity {
    if (this.#identity === undefined) throw new NBDError('openDisk: there was no connection yet', 'ENOTCONN');
    return this.#identity;
  }

  /** Counts the servers that there were: another number, and another process may answer. */
  get server(): number {
    return this.#server;
  }

  /** Whether every later call fails. */
  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  get count(): number {
    return this.#handles.length;
  }

  /** The connection with the least to do; undefined where there is none. */
  pick(): PooledHandle | undefined {
    let least: PooledHandle | undefined;
    for (const handle of this.#handles) if (least === undefined || handle.load < least.load) least = handle;
    return least;
  }

  /** Waits for a connection. Where there were too many attempts already, they begin anew. */
  async next(signal: AbortSignal | undefined): Promise<PooledHandle> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const handle = this.pick();
      if (handle !== undefined) return handle;
      await orAbort(this.#recover(), signal);
    }
  }

  /** Disconnects in good order, for as long as that takes at most, and closes. */
  async shutdown(): Promise<void> {
    const limit = new AbortController();
    const cancel = this.#settings.timing.after(goodbyeTimeout, () => limit.abort());
    const { signal } = limit;
    this.#openNoMore();
    try {
      await Promise.all(this.#handles.map(({ nbd }) => nbd.shutdown({ signal }).catch(() => {}))); // a courtesy
    } finally {
      cancel();
      this.close();
    }
  }

  close(): void {
    const error = this.#openNoMore();
    for (const handle of [...this.#handles]) handle.end(error);
  }

  #openNoMore(): NBDError {
    this.#failure ??= new NBDError('the disk is closed: open another with openDisk()', 'EBADF', { isFatal: true });
    this.#server++;
    this.#closing.abort(this.#failure);
    return this.#failure;
  }

  async #open(signal?: AbortSignal): Promise<Opened> {
    const { addresses } = this.#settings;
    return openHandle(this.#settings, addresses.current, this.#identity, [signal, this.#closing.signal]);
  }

  #pooled({ nbd, identity }: Opened): PooledHandle {
    const { size, minimum } = identity.geometry;
    const block = minimum || 1n;
    return new PooledHandle(nbd, size < block ? 0 : Number(block), this.#settings, {
      onanswer: () => this.#backoff.reset(),
      onend: this.#onend,
    });
  }

  #use(opened: readonly Opened[]): void {
    for (const one of opened) {
      this.#identity = one.identity;
      this.#handles.push(this.#pooled(one));
    }
  }

  readonly #onend = (handle: PooledHandle): void => {
    const draining = handle.drained().finally(() => this.#draining.delete(draining));
    this.#draining.add(draining);
    const index = this.#handles.indexOf(handle);
    if (index === -1) return; // it was not in use yet
    this.#handles.splice(index, 1);
    this.#cause = handle.ended;
    if (this.#failure !== undefined) return;
    if (this.#handles.length === 0) {
      this.#server++;
      this.#isOneLost = false;
      this.#recover().catch(() => {}); // those who wait hear of it
      return;
    }
    this.#isOneLost = true;
    void this.#fill(true);
  };

  // --- one of several ---

  /** Opens what is missing; again and again if told so. What cannot be opened is done without. */
  #fill(isPatient: boolean): Promise<void> {
    const server = this.#server;
    if (this.#filling?.server !== server) {
      const filled = this.#fillUp(server, isPatient).finally(() => {
        if (this.#filling?.server === server) this.#filling = undefined;
      });
      this.#filling = { server, filled };
    }
    return this.#filling.filled;
  }

  async #fillUp(server: number, isPatient: boolean): Promise<void> {
    const { connections, attempts, maxDelay, timing } = this.#settings;
    const backoff = new Backoff(isPatient ? attempts : 0, maxDelay, timing);
    for (let delay = isPatient ? backoff.next() : 0; delay !== undefined; delay = backoff.next()) {
      const wanted = this.identity.flags.get('canMultiConn') ? connections : 1;
      if (this.#handles.length >= wanted) return;
      if (delay > 0) await pause(timing, delay, this.#closing.signal).catch(() => {}); // closed: the next line returns
      if (server !== this.#server) return;
      if (this.#isOneLost) this.#tell('reconnecting', this.#cause);
      this.#isOneLost = false;
      const missing = Array.from({ length: wanted - this.#handles.length }, () => this.#open());
      const outcomes = await Promise.allSettled(missing);
      const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      if (opened.length > 0 && (await this.#areAllAlive()) && server === this.#server) {
        this.#use(opened);
        if (isPatient) this.#tell('connected', this.#cause);
      } else for (const { nbd } of opened) await nbd.close();
    }
  }

  /** Asks each connection for an answer: whether they are all there then. */
  async #areAllAlive(): Promise<boolean> {
    const asked = [...this.#handles];
    const answers = await Promise.allSettled(asked.map((handle) => handle.probe()));
    return answers.every(({ status }) => status === 'fulfilled');
  }

  // --- all of them ---

  #recover(): Promise<void> {
    this.#recovering ??= this.#reconnect().finally(() => {
      this.#recovering = undefined;
    });
    return this.#recovering;
  }

  async #reconnect(): Promise<void> {
    const { addresses, attempts, timing } = this.#settings;
    const { signal } = this.#closing;
    // What is acknowledged up to here was acknowledged by the server that died.
    while (this.#draining.size > 0) await Promise.all(this.#draining);
    signal.throwIfAborted();
    const changes = this.#unflushed.serverDied();
    let cause: unknown = this.#cause;
    if (attempts > 0) this.#tell('reconnecting', cause);
    for (let delay = this.#backoff.next(); delay !== undefined; delay = this.#backoff.next()) {
      await pause(timing, delay, signal);
      for (let tried = 0; tried < addresses.count; tried++) {
        try {
          const opened = await this.#open();
          await this.#adopt(opened, changes);
          return;
        } catch (error) {
          signal.throwIfAborted();
          cause = error;
          if (error instanceof OtherDisk) throw this.#giveUp(error);
          addresses.advance();
        }
      }
    }
    this.#backoff.reset();
    const what = attempts === 0 ? 'the connection was lost' : `there was no connection to be had in ${attempts} attempts`;
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new NBDError(`${what}: ${why}`, codeOf(cause, 'ENOTCONN'), { cause, isFatal: attempts === 0 });
    if (attempts === 0) throw this.#giveUp(error);
    this.#tell('lost', error);
    throw error;
  }

  /** Makes a connection the first one to a server that is new, once that has what the one before had acknowledged. */
  async #adopt(opened: Opened, changes: readonly Change[]): Promise<void> {
    const handle = this.#pooled(opened);
    try {
      for (const change of changes) await this.#redo(handle, change);
    } catch (cause) {
      handle.end(cause instanceof NBDError ? cause : new NBDError(String(cause), codeOf(cause, 'ETIMEDOUT'), { cause }));
      throw cause;
    }
    if (handle.ended !== undefined) throw handle.ended;
    this.#identity = opened.identity;
    this.#handles.push(handle);
    this.#tell('connected', this.#cause);
    void this.#fill(true);
  }

  async #redo(handle: PooledHandle, change: Change): Promise<void> {
    try {
      await handle.run((nbd) => make(nbd, change));
    } catch (error) {
      if (!(error instanceof NBDError) || endsConnection(error)) throw error;
      this.#unflushed.lose(change); // the disk refuses it now
    }
  }

  /** Nothing is tried any more: every later call fails with the error. */
  #giveUp(error: NBDError): NBDError {
    this.#failure = error;
    this.#tell('lost', error);
    return error;
  }

  #tell(type: DiskEventType, cause: unknown): void {
    const address = this.#settings.addresses.current.name;
    const ranges = diskRanges(this.#unflushed.lost);
    this.#events.dispatchEvent(new DiskEvent(type, { cause, address, connections: this.#handles.length, ranges }));
  }
}

/** Makes a change once more, without the flags that only concern its speed or its durability. */
function make(nbd: RemoteDisk, { kind, start, end, bytes, flags = 0 }: Change): Promise<void> {
  if (bytes !== undefined) return nbd.pwrite(bytes, start);
  const kept = (flags & CMD_FLAG_NO_HOLE) as CmdFlag;
  return kind === 'zero' ? nbd.zero(end - start, start, { flags: kept }) : nbd.trim(end - start, start);
}

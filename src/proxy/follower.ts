// Stands between a client and a server whose target does not lead everywhere: with --read-only, or to one export alone.
//
// Nothing of a message from the client goes on before all of it is there and may pass, and no message is looked at before
// it is known what the server takes it for.
import { Backlog } from './backlog.js';
import { Violation } from './ending.js';
import { type Handshake, handshake, type Outlet, type Turn } from './handshake.js';
import { type Agreed, requestSize } from './request_shapes.js';

export interface Rules {
  readonly readOnly: boolean;
  /** The one export that may be opened; undefined for any. */
  readonly exportName: string | undefined;
}

/** Whether a target's rules leave anything to be followed. */
export const isFollowed = ({ readOnly, exportName }: Rules): boolean => readOnly || exportName !== undefined;

export class Follower {
  readonly #outlet: Outlet;
  readonly #readOnly: boolean;
  readonly #handshake: Handshake;
  readonly #fromClient = new Backlog();
  readonly #fromServer = new Backlog();
  #turn: Turn | undefined;
  /** Set when the handshake is over. */
  #agreed: Agreed | undefined;

  constructor({ readOnly, exportName }: Rules, outlet: Outlet) {
    this.#outlet = outlet;
    this.#readOnly = readOnly;
    this.#handshake = handshake(outlet, exportName === undefined ? undefined : Buffer.from(exportName));
    this.#take(this.#handshake.next());
  }

  /** Whether bytes of the client's wait for the server's answer to those before. */
  get isHolding(): boolean {
    return this.#turn?.of === 'server' && this.#fromClient.length > 0;
  }

  /**
   * The client's next bytes, which are kept. Throws a {@link Violation} for what must not reach the server; none of it does
   * then.
   */
  clientSays(bytes: Buffer): void {
    this.#fromClient.push(bytes);
    this.#proceed();
  }

  /**
   * The server's next bytes, which are on the way to the client already. Throws a {@link Violation} where they cannot be
   * followed.
   */
  serverSays(bytes: Buffer): void {
    if (this.#agreed !== undefined) return;
    this.#fromServer.push(Buffer.from(bytes)); // the reader uses its memory again
    this.#proceed();
  }

  // Takes as many turns of the handshake as there are bytes for, and passes on what follows it.
  #proceed(): void {
    while (this.#turn !== undefined) {
      const { of, count } = this.#turn;
      const said = of === 'client' ? this.#fromClient : this.#fromServer;
      if (said.length < count) break;
      this.#take(this.#handshake.next(said.take(count)));
    }
    if (this.#agreed !== undefined) this.#pass(this.#agreed);
  }

  #take({ done, value }: IteratorResult<Turn, Agreed>): void {
    if (done === true) {
      this.#turn = undefined;
      this.#agreed = value;
    } else {
      this.#turn = value;
    }
    if (this.#turn?.of !== 'server' && this.#fromServer.length > 0) throw new Violation('the server speaks before it is asked');
  }

  // Requests need no answer before the next may pass.
  #pass(agreed: Agreed): void {
    const count = this.#readOnly ? wholeRequests(this.#fromClient.peek(), agreed) : this.#fromClient.length;
    if (count > 0) this.#outlet.toServer(this.#fromClient.take(count));
  }
}

/** How many bytes those requests have that are whole. Throws a {@link Violation} if one may not pass. */
function wholeRequests(bytes: Buffer, agreed: Agreed): number {
  let at = 0;
  for (let size = 0; at + size <= bytes.length; size = requestSize(bytes.subarray(at), agreed)) at += size;
  return at;
}

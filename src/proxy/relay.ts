// One connection: bytes between a WebSocket and an NBD server, until either ends.
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { closeCode } from '../transports/close_codes.js';
import { type Ending, ending, Violation } from './ending.js';
import { Follower, isFollowed } from './follower.js';
import { connectServer, type ServerConnection } from './server.js';
import type { Target } from './target.js';
import { Valve } from './valve.js';
import { type Limits, Watch, type Watched } from './watch.js';

export interface RelayOptions extends Limits {
  readonly maxBuffered: number;
  readonly readOnly: boolean;
}

/** What was written may still go out for this long after the end, in milliseconds. */
export const closeTimeout = 5_000;

const asBytes = { binary: true, compress: false };

export class Relay implements Watched {
  readonly client: WebSocket;
  /** Called when both sides are closed. */
  onclose: (ending: Ending) => void = () => {};
  readonly toServer: Valve;
  readonly toClient: Valve;

  readonly #connection: ServerConnection;
  readonly #server: Duplex;
  readonly #watch: Watch;
  readonly #follower: Follower | undefined;
  #isConnected = false;
  #ending: Ending | undefined;
  #lastResort: NodeJS.Timeout | undefined;
  #closed = 0;

  constructor(client: WebSocket, target: Target, options: RelayOptions) {
    const connection = connectServer(target, this.#serverOnBytes);
    const server = connection.socket;
    const progress = () => this.#watch.progress();
    this.client = client;
    this.#connection = connection;
    this.#server = server;
    const rules = { readOnly: options.readOnly, exportName: target.exportName };
    const outlet = {
      toServer: (bytes: Buffer) => this.#toServer(bytes),
      toClient: (bytes: Buffer) => this.#toClient(bytes, () => {}),
    };
    this.#follower = isFollowed(rules) ? new Follower(rules, outlet) : undefined;
    this.toServer = new Valve(client, () => server.writableLength, options.maxBuffered, progress);
    this.toClient = new Valve(server, () => Math.max(client.bufferedAmount, connection.held), options.maxBuffered, progress);
    this.#watch = new Watch(this, options);

    client.on('message', this.#clientOnMessage);
    client.on('pong', this.#clientOnPong);
    client.on('error', this.#clientOnError);
    client.on('close', this.#clientOnClose);
    server.on('connect', this.#serverOnConnect);
    server.on('end', this.#serverOnEnd);
    server.on('error', this.#serverOnError);
    server.on('close', this.#onClose);
  }

  // --- the client ---

  readonly #clientOnMessage = (data: RawData, isBinary: boolean): void => {
    if (this.#ending !== undefined) return;
    this.#watch.heard();
    const bytes = data as Buffer; // as the WebSocket's binaryType has it
    this.#follow(() => {
      if (!isBinary) throw new Violation('a text message: NBD is binary');
      if (this.#follower === undefined) this.#toServer(bytes);
      else this.#follower.clientSays(bytes);
    });
  };

  #toServer(bytes: Buffer): void {
    this.#server.write(bytes, this.toServer.passed);
    this.toServer.wrote(bytes.length);
  }

  // A client that says more than the server can be told yet is not read before the server has answered.
  #follow(step: () => void): void {
    try {
      step();
      this.toServer.hold(this.#follower?.isHolding ?? false);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.end(ending(error.code, error.message));
    }
  }

  readonly #clientOnPong = (): void => this.#watch.heard();

  // A frame that is none, or a message that is too long. `ws` has told the client by itself.
  readonly #clientOnError = (error: Error & { code?: string }): void => {
    this.#finish(ending(error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 1009 : 1002, error.message));
  };

  readonly #clientOnClose = (code: number, reason: Buffer): void => {
    const hasGone = code === 1006; // without a word
    this.#finish(ending(code, reason.length > 0 ? String(reason) : 'the client closed the connection'));
    // It had more to say than was read, and a server that takes nothing would keep its place.
    if (hasGone && this.toServer.isShut) this.#server.destroy();
    this.#onClose();
  };

  // --- the server ---

  readonly #serverOnConnect = (): void => {
    this.#isConnected = true;
  };

  readonly #serverOnBytes = (bytes: Buffer, release: () => void): void => {
    if (this.#ending !== undefined) {
      release();
      return;
    }
    this.#toClient(bytes, release);
    const follower = this.#follower;
    if (follower !== undefined) this.#follow(() => follower.serverSays(bytes));
  };

  #toClient(bytes: Buffer, release: () => void): void {
    this.client.send(bytes, asBytes, (error) => {
      release();
      this.toClient.passed(error);
    });
    this.toClient.wrote(bytes.length);
  }

  readonly #serverOnEnd = (): void => this.end({ code: 1000, reason: 'the NBD server closed the connection' });

  // The page learns what happened, and not where.
  readonly #serverOnError = (error: (Error & { code?: string }) | Violation): void => {
    const code = error.code ?? 'unknown error';
    const lost = { code: closeCode.serverLost, reason: `the connection to the NBD server broke: ${code}` };
    if (error instanceof Violation) this.end(ending(error.code, error.message));
    else if (this.#isConnected) this.end(lost);
    else this.end({ code: closeCode.serverRefused, reason: `the NBD server cannot be reached: ${code}` });
  };

  // --- the end ---

  delay(): Ending | undefined {
    if (!this.#isConnected) return { code: closeCode.serverTimedOut, reason: this.#connection.delay };
    if (this.toClient.bytes === 0) return { code: closeCode.serverTimedOut, reason: 'the NBD server sent no greeting in time' };
    if (this.toServer.bytes === 0) return { code: closeCode.timedOut, reason: 'the client did not answer the greeting in time' };
    return undefined;
  }

  isRead(): boolean {
    return !this.toServer.isShut;
  }

  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#finish(ending);
    this.client.resume(); // its half of the closing handshake must be read
    this.client.close(ending.code, ending.reason);
  }

  abandon(reason: string): void {
    this.#finish({ code: 1006, reason });
    this.client.terminate();
  }

  // What the client has sent still goes to the server, which may be slow to take it, but not for ever.
  #finish(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#watch.stop();
    const server = this.#server;
    server.resume(); // its own end must be read
    if (this.#isConnected) server.end();
    else server.destroy();
    this.#lastResort = setTimeout(() => server.destroy(), closeTimeout);
  }

  readonly #onClose = (): void => {
    this.#closed++;
    if (this.#closed < 2) return;
    clearTimeout(this.#lastResort);
    this.onclose(this.#ending ?? { code: 1006, reason: 'unknown' });
  };
}

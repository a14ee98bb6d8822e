// A scripted server in the same process that keeps what the client sends, for tests of what goes over the wire.
import { ScriptedTransport } from './scripted_transport.js';

export class RecordingTransport extends ScriptedTransport {
  readonly #sent: number[] = [];

  /** All that libnbd has sent. */
  get sent(): Uint8Array {
    return Uint8Array.from(this.#sent);
  }

  override write(chunks: readonly Uint8Array[], written: () => void): void {
    for (const chunk of chunks) this.#sent.push(...chunk);
    super.write(chunks, written);
  }
}

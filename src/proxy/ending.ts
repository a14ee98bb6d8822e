// Why a connection ends, as its close frame and the log have it.

import { escapeControls } from '../text/escape.js';
import { closeCode } from '../transports/close_codes.js';

export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** A close frame has room for this many bytes of reason. */
const maxReason = 123;

/** An ending whose reason may quote the client: it is made fit to be shown, and is cut where the close frame ends. */
export function ending(code: number, text: string): Ending {
  const reason = escapeControls(text);
  const bytes = Buffer.from(reason);
  if (bytes.length <= maxReason) return { code, reason };
  const cut = bytes.subarray(0, maxReason - Buffer.byteLength('…')).toString();
  return { code, reason: `${cut.replace(/\ufffd+$/, '')}…` };
}

/** One of the two sides says something that must not be passed on. */
export class Violation extends Error {
  /** The close code that tells why. */
  readonly code: number;

  constructor(reason: string, code: number = closeCode.badMessage) {
    super(reason);
    this.code = code;
  }
}

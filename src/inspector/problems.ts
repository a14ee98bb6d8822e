// What went wrong, in a person's words: what happened, why, and what to do. Each problem has one button.
import { NBDError } from '../base/errors.js';
import { escapeControls } from '../text/escape.js';
import { closeCode } from '../transports/close_codes.js';

/** What the one button does. */
export type Remedy = 'again' | 'connect' | 'back';

export interface Problem {
  /** What happened, in one line. */
  readonly what: string;
  /** What to do, in a sentence or two. */
  readonly todo: string;
  /** What the library, the server or the proxy said, as it said it. */
  readonly why: string;
  /** `again`: the same once more; `connect`: the screen where an address and a token are typed in; `back`: the disk around an image. */
  readonly remedy: Remedy;
}

/** Why the list of disks did not come. */
export class DisksError extends Error {
  readonly kind: 'unreachable' | 'token' | 'status' | 'format';

  constructor(kind: DisksError['kind'], options?: ErrorOptions) {
    super(`disks.json: ${kind}`, options);
    this.kind = kind;
  }
}

type Words = Pick<Problem, 'what' | 'todo'> & { remedy?: Remedy };

const byClose: Readonly<Record<number, Words>> = {
  [closeCode.badToken]: {
    what: 'The proxy wants another token',
    todo: 'Open the address that `libnbd-wasm inspect` or `libnbd-wasm proxy` has printed: the token stands in it. Or type the token in.',
    remedy: 'connect',
  },
  [closeCode.forbidden]: {
    what: 'The proxy does not let this page in',
    todo: 'The page comes from another origin than the proxy expects. Start the proxy with --allow-origin and this page’s origin, or with --allow-host and the name that you use for it.',
  },
  [closeCode.unknownTarget]: {
    what: 'The proxy has no disk of this name',
    todo: 'Compare the last part of the URL with the names that the proxy was started with.',
    remedy: 'connect',
  },
  [closeCode.tooMany]: {
    what: 'The proxy has as many connections as it may have',
    todo: 'Close other pages that use it, or start it with a larger --max-connections.',
  },
  [closeCode.serverRefused]: {
    what: 'The NBD server refused the connection',
    todo: 'The proxy is there, and the server behind it is not. See whether the server runs, and listens where the proxy expects it.',
  },
  [closeCode.serverLost]: {
    what: 'The connection to the NBD server broke',
    todo: 'The proxy is there, and has lost the server behind it. See whether the server still runs.',
  },
  [closeCode.serverTimedOut]: {
    what: 'The NBD server did not answer in time',
    todo: 'The proxy is there, and the server behind it is silent. See whether it runs and can be reached from the proxy.',
  },
};

const byCode: Readonly<Record<string, Words>> = {
  ENOENT: {
    what: 'The server has no such export',
    todo: 'It may have been taken away or renamed. Choose another one, or see how the server names it.',
    remedy: 'connect',
  },
  EACCES: {
    what: 'The server does not allow this export',
    todo: 'See what the server demands: a token, an address, or TLS.',
    remedy: 'connect',
  },
  ECONNREFUSED: {
    what: 'Nothing answers at this address',
    todo:
      'See whether the proxy runs, whether host and port are right, and whether a firewall is between. ' +
      'A page that came by https: can open wss: only.',
    remedy: 'again',
  },
  EPROTO: {
    what: 'What answers there does not speak NBD',
    todo: 'The address must be of a WebSocket that leads to an NBD server, such as those of `libnbd-wasm proxy`.',
    remedy: 'connect',
  },
  ETIMEDOUT: { what: 'The server did not answer in time', todo: 'See whether it runs and can be reached, and try again.' },
  ESTALE: {
    what: 'The server came back with another disk',
    todo: 'Its size, its block sizes or its flags have changed. What is shown is of the disk before. Open it anew to see the one that is there now.',
  },
  EIO: {
    what: 'This could not be read',
    todo: 'The disk or its server reported an error. The rest of the disk may well be readable.',
  },
};

const wantsTls: Words = {
  what: 'The server wants TLS',
  todo: 'A page cannot encrypt NBD by itself. Give `libnbd-wasm inspect` or the proxy an address that begins with nbds:, and it does.',
};

const ofDisks: Readonly<Record<DisksError['kind'], Words>> = {
  unreachable: {
    what: 'The server that this page came from does not answer',
    todo: 'See whether `libnbd-wasm inspect` still runs.',
  },
  token: {
    what: 'The token is missing or wrong',
    todo: 'Open the address that `libnbd-wasm inspect` has printed: it ends with the token. Or type the token in.',
    remedy: 'connect',
  },
  status: { what: 'The server could not say which disks it has', todo: 'See what it has printed where it was started.' },
  format: {
    what: 'The server’s list of disks could not be read',
    todo: 'The page and its server may be of different versions. Load the page anew.',
  },
};

/** Explains anything that was thrown. */
export function explain(error: unknown): Problem {
  const why = reasonOf(error);
  const { what, todo, remedy = 'again' } = wordsFor(error, why);
  return { what, todo, why, remedy };
}

function wordsFor(error: unknown, why: string): Words {
  if (error instanceof DisksError) return ofDisks[error.kind];
  const close = /was closed: (\d{4})/.exec(why)?.[1];
  const words = close === undefined ? undefined : byClose[Number(close)];
  if (words !== undefined) return words;
  if (/requires TLS/.test(why)) return wantsTls;
  const code = error instanceof NBDError ? error.code : null;
  if (code !== null && byCode[code] !== undefined) return byCode[code];
  return { what: 'This did not work', todo: 'The reason stands below. Try again, or open another address.' };
}

/** The text of an error, safe to show. */
export function reasonOf(error: unknown): string {
  if (error instanceof DisksError) return error.cause === undefined ? '' : reasonOf(error.cause);
  return escapeControls(error instanceof Error ? error.message : String(error));
}

/** Says what is wrong with a WebSocket's URL that somebody typed in; undefined for one that can be tried. */
export function urlMistake(text: string, page: { readonly protocol: string }): string | undefined {
  if (text === '') return 'Type in the address of a WebSocket, such as ws://localhost:10809/nbd/disk.';
  if (/^nbds?(\+\w+)?:/i.test(text)) {
    return 'A page cannot speak NBD by itself. Run `libnbd-wasm inspect` with this address, or open the WebSocket of a proxy that leads there.';
  }
  if (!URL.canParse(text))
    return 'This is not a URL: one begins with ws:// or wss:// and a host, such as ws://localhost:10809/nbd/disk.';
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') {
    return 'The address has a user’s name or password in it, which would get into links. Give the proxy a token instead.';
  }
  if (protocol === 'http:' || protocol === 'https:') {
    return `This is the address of a page. A WebSocket’s begins with ${protocol === 'http:' ? 'ws:' : 'wss:'}.`;
  }
  if (protocol !== 'ws:' && protocol !== 'wss:') return `${protocol} is no WebSocket: the address begins with ws: or wss:.`;
  const isLocal = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (protocol === 'ws:' && page.protocol === 'https:' && !isLocal) {
    return 'This page came by https:, so that the browser opens only encrypted WebSockets: wss: instead of ws:.';
  }
  return undefined;
}

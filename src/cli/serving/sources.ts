// What `libnbd-wasm inspect` is asked to show: URIs, files, and commands in square brackets, each under a name of its own.
import { basename } from 'node:path';
import type { Operand } from '../command.js';
import { withoutPassword } from '../servers/uris.js';
import { UsageError } from '../usage.js';

export interface Source {
  /** What the page calls it, and what stands in the URL of its WebSocket. */
  readonly name: string;
  /** As the user has written it, without a password. */
  readonly source: string;
  readonly what: { readonly uri: string } | { readonly file: string } | { readonly command: string[] };
}

export function sourcesOf(operands: readonly Operand[]): Source[] {
  const taken = new Set<string>();
  return operands.map((operand) => {
    const { name, ...rest } = typeof operand === 'string' ? ofWord(operand) : ofCommand(operand);
    let own = name;
    for (let i = 2; taken.has(own); i++) own = `${name} (${i})`;
    taken.add(own);
    return { name: own, ...rest };
  });
}

function ofCommand(command: readonly string[]): Source {
  return { name: basename(command[0] ?? ''), source: `[ ${command.join(' ')} ]`, what: { command: [...command] } };
}

function ofWord(word: string): Source {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(word) ?? [];
  if (scheme === undefined) return { name: basename(word) || word, source: word, what: { file: word } };
  if (!/^(nbds?(\+unix)?|wss?)$/i.test(scheme)) {
    throw new UsageError(`${withoutPassword(word)}: of URIs, nbd:, nbds:, nbd+unix:, nbds+unix:, ws: and wss: can be inspected`);
  }
  return { name: nameOf(word), source: withoutPassword(word), what: { uri: word } };
}

/** The export, or what is last in the path of a WebSocket; else the host, else the socket. */
function nameOf(uri: string): string {
  const [, host = '', path = '', query = ''] = /^[^:]+:\/\/(?:[^/?#@]*@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/.exec(uri) ?? [];
  const [, socket = ''] = /(?:^|[&;])socket=([^&;]*)/i.exec(query) ?? [];
  return (/^ws/i.test(uri) ? basename(decoded(path)) : decoded(path)) || decoded(host) || basename(decoded(socket)) || 'disk';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ''; // whoever reads the URI says what is wrong with it
  }
}

// What `libnbd-wasm inspect` is asked to show: URIs, files, and commands in square brackets, each under a name of its own.
import { basename } from 'node:path';
import { UsageError } from './usage.js';

export interface Source {
  /** What the page calls it, and what stands in the URL of its WebSocket. */
  readonly name: string;
  /** As the user has written it, without a password. */
  readonly source: string;
  readonly what: { readonly uri: string } | { readonly file: string } | { readonly command: string[] };
}

/** Takes the commands out of the words, so that their options are no options of ours. A `[` stays where each was. */
export function splitCommands(args: readonly string[]): { words: string[]; commands: string[][] } {
  const words: string[] = [];
  const commands: string[][] = [];
  for (let i = 0; i < args.length; i++) {
    words.push(args[i] ?? '');
    if (args[i] !== '[') continue;
    const end = args.indexOf(']', i);
    if (end < 0) throw new UsageError('a command ends with a word of its own: ]');
    if (end === i + 1) throw new UsageError('there is no command between [ and ]');
    commands.push(args.slice(i + 1, end));
    i = end;
  }
  return { words, commands };
}

export function sourcesOf(words: readonly string[], commands: readonly (readonly string[])[]): Source[] {
  const left = [...commands];
  const taken = new Set<string>();
  return words.map((word) => {
    const command = word === '[' ? left.shift() : undefined;
    const { name, ...rest } = command === undefined ? ofWord(word) : ofCommand(command);
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
  if (!/^nbds?(\+unix)?$/i.test(scheme)) {
    throw new UsageError(`${withoutPassword(word)}: of URIs, nbd:, nbds:, nbd+unix: and nbds+unix: can be inspected`);
  }
  return { name: nameOf(word), source: withoutPassword(word), what: { uri: word } };
}

/** The export, else the host, else the socket. */
function nameOf(uri: string): string {
  const [, host = '', path = '', query = ''] = /^[^:]+:\/\/(?:[^/?#@]*@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/.exec(uri) ?? [];
  const [, socket = ''] = /(?:^|[&;])socket=([^&;]*)/i.exec(query) ?? [];
  return decoded(path) || decoded(host) || basename(decoded(socket)) || 'disk';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ''; // whoever reads the URI says what is wrong with it
  }
}

const withoutPassword = (uri: string): string => uri.replace(/^([^:]+:\/\/[^/?#@:]*):[^/?#@]*@/, '$1:…@');

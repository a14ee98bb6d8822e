// What to do about an error: a line below its text, for those who see it for the first time. Under upstream's names there is none.
import { existsSync } from 'node:fs';
import { ownName } from './called.js';
import type { Operand } from './command.js';
import { shellQuoted } from './completion/spelled.js';
import { isUri, withoutPassword } from './servers/uris.js';

export function adviceOn(error: unknown, operands: readonly Operand[]): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const words = operands.filter((operand) => typeof operand === 'string');
  return rules.find(([pattern]) => pattern.test(error.message))?.[1](words);
}

/** The first that fits says what to do. */
const rules: [text: RegExp, advice: (words: readonly string[]) => string | undefined][] = [
  [
    /have a scheme|NBD URI scheme|URI must begin|unable to parse URI|can be inspected$/,
    (words) => words.map(aboutWord).find((advice) => advice !== undefined),
  ],
  [
    /Unexpected server response/,
    () => `It lets nobody in by this URL. Take the one that ${ownName} proxy prints, with its token.`,
  ],
  [/WebSocket could not be opened/, () => `Is the proxy running there? ${ownName} proxy prints the URLs that it serves.`],
  [/requires TLS/, () => 'To have it: nbds:// in place of nbd://, or nbds+unix:// in place of nbd+unix://.'],
  [
    /server replied with error to list request/,
    () =>
      'It lists nothing to strangers, or nothing without TLS: nbds:// in place of nbd://, or nbds+unix:// in place of nbd+unix://.',
  ],
  [
    /^nbd_connect_systemd_socket_activation: /,
    () => 'The command has ended, or takes no socket from whoever starts it, as nbdkit and qemu-nbd do.',
  ],
  [
    /^ENOENT: .*, stat /,
    () => 'A disk is a file, an NBD URI such as nbd://localhost, or a command in square brackets that serves NBD.',
  ],
  [/connect: No such file or directory/, () => 'There is no such socket. A server makes it when it starts.'],
  [/connect: Permission denied/, () => 'Whoever connects to a socket must be allowed to write to it.'],
  [/connect ECONNREFUSED \/|connect: Connection refused$/, () => 'No server listens on this socket any more: start it again.'],
  [
    /Connection refused/,
    () => 'No server listens there. Start one, or name its port: nbd://HOST:PORT. Without a port it is 10809.',
  ],
  [/ENOTFOUND|EAI_AGAIN|name resolution|Name or service not known/, () => 'Check the name of the host.'],
  [/Host is unreachable|Network is unreachable|timed out/, () => 'Check the name of the host, and the way to it.'],
  [
    /did not send expected NBD magic/,
    () => 'Something else than an NBD server listens there. Check the port: that of NBD is 10809.',
  ],
  [/no export named|unknown export/i, (words) => `To see what the server has: ${ownName} list ${serverOf(words)}`],
  [/refused TLS/, () => 'The server has no TLS. To do without it, where the network is trusted: nbd:// in place of nbds://.'],
  [
    /connection is closed$/,
    (words) =>
      words.some((word) => /^nbds/i.test(word))
        ? 'The server may have no TLS. To do without it, where the network is trusted: nbd:// in place of nbds://.'
        : 'The server has closed the connection: what it logs may say why.',
  ],
  [
    /certificate|self-signed/i,
    () => 'Authorities are in ca-cert.pem of ~/.pki/libnbd, or of the folder that ?tls-certificates=FOLDER in the URI names.',
  ],
  [/EADDRINUSE/, () => 'Another process listens there. --listen 127.0.0.1:0 takes a port that is free.'],
];

/** What somebody may have meant by a word that is no URI. */
function aboutWord(word: string): string | undefined {
  if (isUri(word)) {
    return 'Its form is nbd://HOST[:PORT][/EXPORT] or nbd+unix:///[EXPORT]?socket=PATH, with %20 for a blank and the like.';
  }
  const quoted = shellQuoted(withoutPassword(word));
  if (existsSync(word)) {
    return `It is a file, and no server. One in its place: [ qemu-nbd -r -f raw ${quoted} ]. Or: ${ownName} inspect ${quoted}`;
  }
  if (/^https?:/i.test(word)) return `nbdkit serves such a disk as NBD: [ nbdkit curl ${quoted} ]`;
  const [, rest] = /^(?:nbd:\/*)?([\w.-]+(?::\d+)?(?:\/\S*)?)$/i.exec(word) ?? [];
  if (rest !== undefined) return `Did you mean nbd://${rest}?`;
  return 'An NBD URI begins with nbd://, nbds://, nbd+unix:// or nbds+unix://.';
}

/** The URI of a server, without the export. */
function serverOf(words: readonly string[]): string {
  const uri = words.find(isUri) ?? 'URI';
  return shellQuoted(withoutPassword(uri.replace(/^([^:]+:\/\/[^/?]*)\/[^?]*/, '$1/')));
}

/** The text of an error. What the operating system refused comes as by other programs: what was not done, to what, and why. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, reason, call, rest] = /^E[A-Z\d]+: ([^,]+), ([a-z]+) (.*)$/s.exec(error.message) ?? [];
  return 'syscall' in error && reason !== undefined
    ? `cannot ${call} ${rest?.replace(/^'(.*)'$/s, '$1')}: ${reason}`
    : error.message;
}

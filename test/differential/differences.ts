// What may differ between Debian's libnbd (1.14, glibc) and ours (1.22, musl), and why: all of it is here.
import type { Outcome, Step } from './script.js';

/** What the C libraries call the same error; glibc's text, then musl's. */
const sameErrors: readonly (readonly [string, string])[] = [
  ['Cannot allocate memory', 'Out of memory'],
  ['Cannot send after transport endpoint shutdown', 'Cannot send after socket shutdown'],
  ['File name too long', 'Filename too long'],
  ['Input/output error', 'I/O error'],
  ['Numerical result out of range', 'Result not representable'],
  ['Operation not supported', 'Not supported'],
  ['Transport endpoint is not connected', 'Socket not connected'],
  ['Value too large for defined data type', 'Value too large for data type'],
];

/** A text of 1.14's that is another in 1.22, for the same error. */
const reworded: readonly { reason: string; theirs: RegExp; ours: string }[] = [
  {
    reason: '1.18: nbd_shutdown is permitted in option mode too',
    theirs: /^(nbd_shutdown: invalid state: .*): the handle must be connected/,
    ours: '$1: the handle must be negotiating, or connected',
  },
  {
    reason: '1.22: what the server replied to an option is worded in one place, and told in full',
    theirs: /: handshake: server (has no export|requires TLS)/,
    ours: ': the server $1',
  },
];

/** A call that ours answers otherwise: because 1.22 does, or because of the platform. */
interface Change {
  readonly reason: string;
  readonly call: string;
  /** The scripts that it is seen in. */
  readonly scripts: readonly string[];
  readonly theirs: Partial<Outcome>;
  readonly ours: Partial<Outcome>;
}

const forgetsName = 'after 1.14: a handle forgets what it knew of an export when it is given another name';
const asksFirst =
  '1.16: metadata contexts can be requested by themselves, so that they are known without the flags of the export';
const noFlags = 'server has not returned export flags, you need to connect to the server first: Invalid argument';
const noRequest = 'nbd_can_meta_context: need a successful server meta context request first: Invalid argument';
const information = ['information, and going on'];

const changes: readonly Change[] = [
  {
    reason: '1.16 has one more strict mode, PAYLOAD, and 1.18 another, AUTO_FLAG',
    call: 'get_strict_mode',
    scripts: ['what a new handle is set to'],
    theirs: { result: String(0x1f) },
    ours: { result: String(0x7f) },
  },
  {
    reason: forgetsName,
    call: 'get_size',
    scripts: information,
    theirs: { result: '0' },
    ours: {
      error: 'nbd_get_size: server has not returned export size, you need to connect to the server first: Invalid argument',
      code: 'EINVAL',
    },
  },
  {
    reason: forgetsName,
    call: 'is_read_only',
    scripts: information,
    theirs: { result: true },
    ours: { error: `nbd_is_read_only: ${noFlags}`, code: 'EINVAL' },
  },
  {
    reason: forgetsName,
    call: 'can_meta_context',
    scripts: information,
    theirs: { result: true },
    ours: { error: noRequest, code: 'EINVAL' },
  },
  {
    reason: asksFirst,
    call: 'can_meta_context',
    scripts: information,
    theirs: { error: `nbd_can_meta_context: ${noFlags}`, code: 'EINVAL' },
    ours: { error: noRequest, code: 'EINVAL' },
  },
  {
    reason: `${asksFirst}; where none was requested, that is known as well`,
    call: 'can_meta_context',
    scripts: ['in option mode'],
    theirs: { error: `nbd_can_meta_context: ${noFlags}`, code: 'EINVAL' },
    ours: { result: false },
  },
  ...['opt_info', 'opt_go'].map((call) => ({
    reason: '1.22: what the server replied to an option is told in full',
    call,
    scripts: information,
    theirs: { error: `nbd_${call}: server replied with error to ${call} request: No such file or directory`, code: 'ENOENT' },
    ours: { error: `nbd_${call}: the server has no export named 'a': No such file or directory`, code: 'ENOENT' },
  })),
  {
    reason: '1.18: nbd_shutdown is permitted in option mode too',
    call: 'shutdown',
    scripts: ['in option mode, shut down'],
    theirs: {
      error: 'nbd_shutdown: invalid state: NEGOTIATING: the handle must be connected with the server: Invalid argument',
      code: 'EINVAL',
    },
    ours: { result: null },
  },
  {
    reason: '1.18: so the connection is closed after that',
    call: 'aio_is_closed',
    scripts: ['in option mode, shut down'],
    theirs: { result: false },
    ours: { result: true },
  },
  {
    reason: 'ours adds what the system said, which names the socket',
    call: 'connect_unix',
    scripts: ['a Unix socket that is not there'],
    theirs: { error: 'nbd_connect_unix: connect: No such file or directory', code: 'ENOENT' },
    ours: {
      error: 'nbd_connect_unix: connect: No such file or directory (connect ENOENT /nonexistent/socket)',
      code: 'ENOENT',
    },
  },
  {
    reason: 'the same of a URI',
    call: 'connect_uri',
    scripts: ["the URI 'nbd+unix:///?socket=/nonexistent/socket'", "the URI 'nbd+unix://localhost/?socket=/nonexistent/socket'"],
    theirs: { error: 'nbd_connect_uri: connect: No such file or directory', code: 'ENOENT' },
    ours: {
      error: 'nbd_connect_uri: connect: No such file or directory (connect ENOENT /nonexistent/socket)',
      code: 'ENOENT',
    },
  },
  {
    reason: 'the C libraries word the errors of getaddrinfo each in its own way',
    call: 'connect_tcp',
    scripts: ['a service that is not known'],
    theirs: {
      error: 'nbd_connect_tcp: getaddrinfo: hostname "127.0.0.1" port "nosuchservice": Servname not supported for ai_socktype',
      code: null,
    },
    ours: {
      error: 'nbd_connect_tcp: getaddrinfo: hostname "127.0.0.1" port "nosuchservice": Unrecognized service',
      code: null,
    },
  },
  {
    reason: 'natively it is the forked child that does not find the command; here it is known before',
    call: 'connect_command',
    scripts: ['a command that is not there'],
    theirs: { error: 'nbd_connect_command: recv: server disconnected unexpectedly', code: null },
    ours: {
      error:
        'nbd_connect_command: fork: No such file or directory (/nonexistent/command cannot be started: there is no such program)',
      code: 'ENOENT',
    },
  },
];

/** Which of `changes` have been seen: one that no script shows any more has to go. */
export const seen = new Set<Change>();
export const unseen = (): string[] =>
  changes.filter((change) => !seen.has(change)).map(({ call, reason }) => `${call}: ${reason}`);

/**
 * What ours must be, from what theirs was. A change is taken where ours shows it: before the handle was given another name,
 * both know the same.
 */
export function translated(theirs: Outcome, ours: Outcome | undefined, step: Step | undefined, script: string): Outcome {
  for (const change of changes) {
    if (change.call !== step?.call || !change.scripts.includes(script)) continue;
    if (!matches(theirs, change.theirs) || ours === undefined || !matches(ours, change.ours)) continue;
    seen.add(change);
    return { ...change.ours, events: theirs.events };
  }
  if (theirs.error !== undefined && ours?.error !== undefined && isOver(theirs, ours)) {
    return { ...theirs, error: ours.error, code: ours.code ?? null };
  }
  if (theirs.error !== undefined) return { ...theirs, error: translatedText(theirs.error) };
  return { ...theirs, result: translatedResult(theirs.result) };
}

/** A call that needs a connection which is over: libnbd calls the state wrong, and ours says what became of the connection. */
function isOver(theirs: Outcome, ours: Outcome): boolean {
  const call = /^(nbd_\w+): invalid state: (CLOSED|DEAD): the handle must be (?!newly created)/.exec(theirs.error ?? '')?.[1];
  return theirs.code === 'EINVAL' && ours.code === 'ENOTCONN' && ours.error?.startsWith(`${call}: the connection was `) === true;
}

// What commands ended with is a result of 'retire_all'.
function translatedResult(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(translatedResult);
  return typeof result === 'string' ? translatedText(result) : result;
}

function translatedText(text: string): string {
  let result = text;
  for (const { theirs, ours } of reworded) result = result.replace(theirs, ours);
  for (const [glibc, musl] of sameErrors) if (result.endsWith(`: ${glibc}`)) result = result.slice(0, -glibc.length) + musl;
  return result;
}

const matches = (outcome: Outcome, part: Partial<Outcome>): boolean =>
  outcome.result === part.result && outcome.error === part.error && outcome.code === part.code;

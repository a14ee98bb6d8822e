// Code of the shell's user, evaluated by Node's own REPL: line by line at a prompt, or a script at a time, with await at the top level
// and variables that stay.
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type REPLEval, type REPLServer, Recoverable, start, writer } from 'node:repl';
import { PassThrough, Writable } from 'node:stream';
import { inspect } from 'node:util';
import { NBDError } from '../../node.js';
import { escapeControls, escapeLines } from '../../text/escape.js';
import { line } from './names.js';

/** What exit() throws, so that nothing after it is run. */
export class Exit {
  readonly code: number;

  /** Of a number, or as Python has it of whether something is wrong. */
  constructor(code: unknown = 0) {
    this.code = Number(code) & 255;
  }
}

const exit = (code?: unknown): never => {
  throw new Exit(code);
};

/**
 * Makes a function that runs a script, and waits for it and for the promise that is its value. Rejects with what it throws, also later
 * and where nobody awaits it.
 */
export function scriptRunner(): (code: string) => Promise<unknown> {
  Object.assign(globalThis, { exit });
  Error.stackTraceLimit = 50; // the REPL drops its own frames, and where it finds none of them, those of the script
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // there may be no script that waits
  const server = start({
    input: new PassThrough(),
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: false,
    useGlobal: true,
    // Nothing is shown of a script but the exceptions that nobody has caught.
    writer: (error) => {
      fail(error);
      return '';
    },
  });
  return (code) =>
    Promise.race([
      failed,
      new Promise((resolve, reject) => {
        server.eval.call(server, `${code}\n`, server.context, 'script', (error, value) => {
          // An end that is missing could only follow at a prompt.
          if (error !== null) reject(error instanceof Recoverable ? error.err : error);
          else resolve(value);
        });
      }),
    ]);
}

/** Reads lines and evaluates them, until there are no more. Resolves with the exit code. */
export async function interact(banner: string, isVerbose: boolean): Promise<number> {
  writer.options.breakLength = Number.POSITIVE_INFINITY; // the word before an error stands on its line, however long that is
  process.stdout.write(banner);
  const server = start({
    prompt: 'nbd> ',
    input: process.stdin,
    output: process.stdout,
    useGlobal: true,
    ignoreUndefined: true,
    breakEvalOnSigint: true,
    preview: false, // it would show texts of servers as they are
    writer: (value) => shown(value, server.useColors, isVerbose),
  });
  let code = 0;
  const exitAtPrompt = (given?: unknown): void => {
    code = new Exit(given).code;
    setImmediate(() => server.close()); // once the line is evaluated
  };
  Object.assign(globalThis, { exit: exitAtPrompt });
  let isEvaluating = false;
  const evaluate = server.eval;
  const evaluateLine: REPLEval = function (text, context, file, callback) {
    line.interruption = new AbortController();
    isEvaluating = true;
    evaluate.call(this, text, context, file, (error, value) => {
      isEvaluating = false;
      callback(error, value);
    });
  };
  Object.assign(server, { eval: evaluateLine });
  server.prependListener('SIGINT', () => {
    if (isEvaluating) line.interruption.abort(new Error('interrupted'));
  });
  if (server.terminal) keepHistory(server);
  await once(server, 'exit');
  return code;
}

/** How a value is shown: without control characters of anybody's, and an error of libnbd's or a server's in a line. */
function shown(value: unknown, isColoured: boolean, isVerbose: boolean): string {
  if (value instanceof Error && 'code' in value && value.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') return 'Error: interrupted';
  if (value instanceof NBDError && !isVerbose) return `${value.name}: ${escapeControls(value.message)}`;
  const text = inspect(value);
  const safe = escapeLines(text);
  return safe === text && isColoured ? inspect(value, { colors: true }) : safe;
}

/** Lines are kept where XDG has a program's state, if it can be written there. */
function keepHistory(server: REPLServer): void {
  const { XDG_STATE_HOME: state = '' } = process.env;
  const folder = join(isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'libnbd-wasm');
  const path = join(folder, 'sh_history');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600)); // addresses may be in it, and tokens
  } catch {
    return; // the shell is of use without it
  }
  server.setupHistory(path, (error) => {
    if (error !== null) server.output.write(`The lines are not kept: ${error.message}\n`);
  });
}

// The exceptions: NBDError for an error that libnbd, the server or the socket reports; TypeError and RangeError for an argument
// that no libnbd call could take.

// Linux's error numbers, in order (asm-generic/errno.h). `-` is a number that is not in use.
const text = `\
- EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST \
EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE \
EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI \
EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK \
EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX \
ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT \
ESOCKTNOSUPPORT ENOTSUP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET \
ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH \
EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY \
EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON`;
const codes = text.split(' ') as (ErrnoCode | '-')[];

type Words<Text extends string, Found = never> = Text extends `${infer First} ${infer Rest}`
  ? Words<Rest, Found | First>
  : Found | Text;
type Listed = Exclude<Words<typeof text>, '-'>;

/** The name of one of Linux's error numbers, such as `'EIO'`. A misspelt one does not compile. */
export type ErrnoCode = Listed | 'EOPNOTSUPP' | 'EWOULDBLOCK';

const numbers = new Map<string, number>(codes.map((code, number) => [code, number] as const));
numbers.delete('-');
numbers.set('EOPNOTSUPP', errnoOf('ENOTSUP'));
numbers.set('EWOULDBLOCK', errnoOf('EAGAIN'));

/** Linux's error number of a code: `'EAGAIN'` → 11. */
export function errnoOf(code: ErrnoCode): number {
  return numbers.get(code) as number; // each code of the type is in the table
}

/** The code of one of Linux's error numbers: 11 → `'EAGAIN'`. Null for 0, which is no error. */
export function codeOfErrno(errno: number): ErrnoCode | null {
  const code = codes[errno] ?? '-';
  return errno === 0 ? null : code === '-' ? 'EIO' : code;
}

/** Whether a text is the code of one of Linux's error numbers. */
export function isErrnoCode(code: string): code is ErrnoCode {
  return numbers.has(code);
}

export interface NBDErrorOptions extends ErrorOptions {
  isFatal?: boolean;
}

const isOrdinaryInstance = (type: unknown, value: unknown): boolean => Function.prototype[Symbol.hasInstance].call(type, value);
const brand = Symbol.for('libnbd-wasm: NBDError');

/**
 * An error that libnbd, the server or the socket reported.
 *
 * `message` is the text of `nbd_get_error`, which starts with the name of the call; the error of a read, a write or another request
 * about a range of the disk names the range as well. `code` names the error (`'EIO'`), and is
 * null where libnbd gives a text alone. `errno` is Linux's number for that code on every platform, 0 where there is none.
 * `cause` is what led to it, if that was an exception: a socket's error, or one thrown by a callback.
 */
export class NBDError extends Error {
  /** An error of another copy of the library is one too: a page may have a copy of its own beside the inspector's. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses have this method too
    if (this !== NBDError) return isOrdinaryInstance(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }

  override readonly name = 'NBDError';
  readonly code: string | null;
  readonly errno: number;
  /** Whether the handle's connection is over: no later call that needs one can succeed, and another handle is wanted. */
  readonly isFatal: boolean;

  constructor(message: string, code: ErrnoCode | null, { isFatal = false, ...options }: NBDErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.errno = code === null ? 0 : errnoOf(code);
    this.isFatal = isFatal;
  }

  /** @internal */
  get [brand](): true {
    return true;
  }
}

/** The same error with another text, code or cause. */
export function retold(
  error: NBDError,
  {
    message = error.message,
    code = error.code as ErrnoCode | null,
    cause = error.cause,
  }: { message?: string; code?: ErrnoCode | null; cause?: unknown }, // every code came in by the constructor
): NBDError {
  return new NBDError(message, code, { isFatal: error.isFatal, ...(cause === undefined ? {} : { cause }) });
}

/** An error of a socket or a process, whose code becomes the code of the NBDError that libnbd makes of it. */
export function codedError(code: ErrnoCode, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The errno's code of anything that was thrown; `fallback` if it has none. */
export function codeOf(error: unknown, fallback: ErrnoCode): ErrnoCode {
  const code = ownCodeOf(error);
  if (code === undefined) return fallback;
  return isErrnoCode(code) ? code : (aliases.get(code) ?? fallback);
}

// Codes of Node's own, and the errno's code that says the same.
const aliases: ReadonlyMap<string, ErrnoCode> = new Map([
  ['ABORT_ERR', 'ECANCELED'],
  ['EAI_AGAIN', 'EHOSTUNREACH'],
  ['ENOTFOUND', 'EHOSTUNREACH'],
  ['ERR_SOCKET_BAD_PORT', 'EINVAL'],
]);

function ownCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What an error's text adds to an errno's code: all of it if the code is no errno's, else a text that names a file or address. */
export function detailOf(error: unknown): string {
  if (error === undefined) return '';
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(detailOf).join('; '); // one for each address
  const code = ownCodeOf(error);
  const isErrno = code !== undefined && isErrnoCode(code);
  // A failed read or write tells no more than its code; another call says of what file or address it was.
  const isTransfer = !('syscall' in error) || error.syscall === 'read' || error.syscall === 'write';
  return isErrno && isTransfer && !(error instanceof NBDError) ? '' : error.message;
}

/** Hands an exception that no caller can catch to the platform, as an uncaught one. */
export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

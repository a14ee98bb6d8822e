// One line for each connection, at its end.

/** What there is to say of a connection that is over, or that was refused. */
export interface ConnectionLog {
  /** When it began. */
  readonly time: Date;
  /** The name that it asked for. */
  readonly target: string;
  /** The address that it came from: the balancer's where one is in front. */
  readonly peer: string;
  /** The page's origin; absent for a client that is no browser. */
  readonly origin?: string;
  /** What a balancer in front says of where it came from. Without one, this is what the client says. */
  readonly forwardedFor?: string;
  /** Bytes of NBD that went to the server. */
  readonly bytesToServer: number;
  /** Bytes of NBD that went to the client. */
  readonly bytesToClient: number;
  readonly milliseconds: number;
  /** The close code. */
  readonly code: number;
  readonly reason: string;
}

/** For programs: a JSON object. What a terminal might obey is escaped, as JSON has it, and is itself again once it was parsed. */
export function jsonLine(entry: ConnectionLog): string {
  return ascii(entry);
}

/** For people. What comes from the client is quoted, so that it cannot look like a line of its own. */
export function textLine({ time, target, peer, origin, forwardedFor, ...rest }: ConnectionLog): string {
  const from = `${peer}${forwardedFor === undefined ? '' : ` for ${ascii(forwardedFor)}`}`;
  const page = origin === undefined ? '' : ` origin ${ascii(origin)}`;
  const bytes = `${rest.bytesToServer} bytes to the server, ${rest.bytesToClient} to the client`;
  const seconds = (rest.milliseconds / 1000).toFixed(1);
  return `${time.toISOString()} ${ascii(target)} from ${from}${page}: ${bytes}, ${seconds} s, ${rest.code} ${ascii(rest.reason)}`;
}

// Control characters, and what is beyond ASCII, which may change how a terminal shows the line, are escaped.
function ascii(value: unknown): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, escaped);
}

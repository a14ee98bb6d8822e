// What is measured, and what is aimed at: the targets stand here alone.

/**
 * How the disk is reached: `chromium` is a page in Chromium, through our proxy; `worker` a worker of it; `proxy` the library in Node,
 * through a proxy that is what is measured; `proxy by hand` the same with a client that costs next to nothing.
 */
export type Transport = 'unix' | 'tcp' | 'tls' | 'chromium' | 'worker' | 'proxy' | 'proxy by hand';
/** `connect` is a handle made, connected, disconnected and closed. */
export type Operation = 'read' | 'write' | 'connect';
/**
 * `floor` is a raw socket of Node's with NBD by hand; `raw` a WebSocket without NBD; `byHand` one with NBD by hand; `websockify` another
 * proxy; `relay` one that only copies.
 */
export const peers = ['floor', 'native', 'vates', 'nbdcopy', 'raw', 'byHand', 'websockify', 'relay'] as const;
export type Peer = (typeof peers)[number];
export type Competitor = 'ours' | Peer;

/** What is aimed at: our rate at least so many times the peer's, our CPU time a request at most so many times, or so many bytes of garbage. */
export type Target =
  | { readonly of: 'rate' | 'cpu'; readonly peer: Peer; readonly ratio: number }
  | { readonly of: 'garbage'; readonly bytes: number };

export interface Case {
  readonly name: string;
  readonly transport: Transport;
  readonly operation: Operation;
  /** Bytes a request. */
  readonly size: number;
  readonly inFlight: number;
  readonly targets: readonly Target[];
}

const rate = (peer: Peer, ratio: number): Target => ({ of: 'rate', peer, ratio });
const cpu = (peer: Peer, ratio: number): Target => ({ of: 'cpu', peer, ratio });
const garbage = (bytes: number): Target => ({ of: 'garbage', bytes });

const large = { size: 256 * 1024, inFlight: 16 };
const loads = [
  { ...large, targets: [rate('floor', 0.97)], ofVates: 1.6 },
  { size: 4 * 1024, inFlight: 64, targets: [rate('floor', 0.97), cpu('floor', 1.1), garbage(500)], ofVates: 6 },
  { size: 4 * 1024, inFlight: 1, targets: [rate('floor', 0.97), cpu('floor', 1.25), garbage(900)], ofVates: 2 },
];

/** Every case, in the order in which they are run. */
export function allCases(): Case[] {
  const cases: Omit<Case, 'name'>[] = [];
  for (const transport of ['unix', 'tcp'] as const) {
    for (const operation of ['read', 'write'] as const) {
      for (const { size, inFlight, targets, ofVates } of loads) {
        const ofTcp = operation === 'read' ? [rate('vates', ofVates)] : [];
        cases.push({ transport, operation, size, inFlight, targets: transport === 'unix' ? targets : ofTcp });
      }
    }
  }
  // Each request beyond those that are unanswered waits here: what it costs must not grow with them.
  for (const inFlight of [256, 1024, 4096]) {
    cases.push({ transport: 'unix', operation: 'read', size: 4 * 1024, inFlight, targets: [] });
  }
  for (const transport of ['unix', 'tcp'] as const) {
    const targets = transport === 'unix' ? [rate('native', 0.75)] : [];
    cases.push({ operation: 'connect', size: 0, inFlight: 1, transport, targets });
  }
  cases.push({ transport: 'tls', operation: 'read', ...large, targets: [rate('floor', 0.95)] });
  return [...cases, ...webSocketCases()].map((measured) => ({ name: nameOf(measured), ...measured }));
}

function nameOf({ transport, operation, size, inFlight }: Omit<Case, 'name'>): string {
  return operation === 'connect' ? `${transport} connect` : `${transport} ${operation} ${size / 1024} KiB x ${inFlight}`;
}

function webSocketCases(): Omit<Case, 'name'>[] {
  const small = { operation: 'read', size: 4 * 1024 } as const;
  const cases: Omit<Case, 'name'>[] = [];
  for (const transport of ['chromium', 'worker'] as const) {
    cases.push({ transport, operation: 'read', ...large, targets: [rate('byHand', 1), rate('raw', 0.85)] });
    cases.push({ transport, ...small, inFlight: 1, targets: [rate('byHand', 1)] });
  }
  cases.push({ transport: 'chromium', operation: 'write', ...large, targets: [] });
  for (const transport of ['proxy', 'proxy by hand'] as const) {
    const targets = (ratio: number) => (transport === 'proxy' ? [] : [rate('websockify', ratio)]);
    cases.push({ transport, operation: 'read', ...large, targets: targets(1) });
    cases.push({ transport, operation: 'write', ...large, targets: targets(2.4) });
    cases.push({ transport, ...small, inFlight: 64, targets: targets(2.3) });
  }
  return cases;
}

/** Who can run a case. */
export function competitorsFor({ transport, operation }: Case): Competitor[] {
  if (transport === 'tls') return ['ours', 'floor', 'nbdcopy'];
  if (transport === 'proxy' || transport === 'proxy by hand') return ['ours', 'websockify', 'relay'];
  if (transport === 'chromium' || transport === 'worker') return ['ours', 'raw', 'byHand'];
  if (operation === 'connect') return ['ours', 'native'];
  return transport === 'tcp' && operation === 'read' ? ['ours', 'floor', 'native', 'vates'] : ['ours', 'floor', 'native'];
}

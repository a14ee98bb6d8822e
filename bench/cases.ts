// What is measured, and what is aimed at: the targets stand here alone.

/**
 * How the disk is reached: `chromium` is a page in Chromium, through our proxy; `worker` a worker of it; `proxy` the library in Node,
 * through a proxy that is what is measured; `proxy by hand` the same with a client that costs next to nothing.
 */
export type Transport = 'unix' | 'tcp' | 'tls' | 'chromium' | 'worker' | 'proxy' | 'proxy by hand';
/** `connect` is a handle made, connected, disconnected and closed. */
export type Operation = 'read' | 'write' | 'connect';
/** `raw` is a WebSocket without NBD; `byHand` one with NBD by hand; `websockify` another proxy; `relay` one that only copies. */
export const peers = ['native', 'vates', 'nbdcopy', 'raw', 'byHand', 'websockify', 'relay'] as const;
export type Peer = (typeof peers)[number];
export type Competitor = 'ours' | Peer;

/** Our figure is to be at least this many times the peer's. */
export interface Target {
  readonly peer: Peer;
  readonly ratio: number;
}

export interface Case {
  readonly name: string;
  readonly transport: Transport;
  readonly operation: Operation;
  /** Bytes a request. */
  readonly size: number;
  readonly inFlight: number;
  readonly target: Target | undefined;
}

const loads = [
  { size: 256 * 1024, inFlight: 16, ofNative: 0.9 },
  { size: 4 * 1024, inFlight: 64, ofNative: 1.6 },
  { size: 4 * 1024, inFlight: 1, ofNative: 0.85 },
];

/** Every case, in the order in which they are run. */
export function allCases(): Case[] {
  const cases: Case[] = [];
  for (const transport of ['unix', 'tcp'] as const) {
    for (const operation of ['read', 'write'] as const) {
      for (const { size, inFlight, ofNative } of loads) {
        const name = `${transport} ${operation} ${size / 1024} KiB x ${inFlight}`;
        cases.push({ name, transport, operation, size, inFlight, target: target(transport, operation, ofNative) });
      }
    }
  }
  const connect = { operation: 'connect', size: 0, inFlight: 1 } as const;
  for (const transport of ['unix', 'tcp'] as const) {
    cases.push({ ...connect, name: `${transport} connect`, transport, target: { peer: 'native', ratio: 0.5 } });
  }
  const tls = { transport: 'tls', operation: 'read', size: 256 * 1024, inFlight: 16 } as const;
  cases.push({ ...tls, name: 'tls read 256 KiB x 16', target: { peer: 'nbdcopy', ratio: 0.7 } });
  return [...cases, ...webSocketCases()];
}

function webSocketCases(): Case[] {
  const large = { size: 256 * 1024, inFlight: 16 };
  const small = { operation: 'read', size: 4 * 1024 } as const;
  const cases: Omit<Case, 'name'>[] = [];
  for (const transport of ['chromium', 'worker'] as const) {
    cases.push({ transport, operation: 'read', ...large, target: { peer: 'raw', ratio: 0.95 } });
    cases.push({ transport, ...small, inFlight: 1, target: { peer: 'raw', ratio: 0.9 } });
  }
  cases.push({ transport: 'chromium', operation: 'write', ...large, target: undefined });
  const target = { peer: 'websockify', ratio: 2 } as const;
  for (const transport of ['proxy', 'proxy by hand'] as const) {
    cases.push({ transport, operation: 'read', ...large, target });
    cases.push({ transport, operation: 'write', ...large, target });
    cases.push({ transport, ...small, inFlight: 64, target });
  }
  return cases.map((measured) => {
    const { transport, operation, size, inFlight } = measured;
    return { name: `${transport} ${operation} ${size / 1024} KiB x ${inFlight}`, ...measured };
  });
}

function target(transport: Transport, operation: Operation, ofNative: number): Target | undefined {
  if (transport === 'unix') return { peer: 'native', ratio: ofNative };
  return operation === 'read' ? { peer: 'vates', ratio: 2 } : undefined;
}

/** Who can run a case. */
export function competitorsFor({ transport, operation }: Case): Competitor[] {
  if (transport === 'tls') return ['ours', 'nbdcopy'];
  if (transport === 'proxy' || transport === 'proxy by hand') return ['ours', 'websockify', 'relay'];
  if (transport === 'chromium' || transport === 'worker') return ['ours', 'raw', 'byHand'];
  return transport === 'tcp' && operation === 'read' ? ['ours', 'native', 'vates'] : ['ours', 'native'];
}

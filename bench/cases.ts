// What is measured, and what is aimed at.

export type Transport = 'unix' | 'tcp' | 'tls';
/** `connect` is a handle made, connected, disconnected and closed. */
export type Operation = 'read' | 'write' | 'connect';
export type Peer = 'native' | 'vates' | 'nbdcopy';
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
  return cases;
}

function target(transport: Transport, operation: Operation, ofNative: number): Target | undefined {
  if (transport === 'unix') return { peer: 'native', ratio: ofNative };
  return operation === 'read' ? { peer: 'vates', ratio: 2 } : undefined;
}

/** Who can run a case. */
export function competitorsFor({ transport, operation }: Case): Competitor[] {
  if (transport === 'tls') return ['ours', 'nbdcopy'];
  return transport === 'tcp' && operation === 'read' ? ['ours', 'native', 'vates'] : ['ours', 'native'];
}

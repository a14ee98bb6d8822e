// The shape of the JSON that api_json.ml writes.

export interface Api {
  calls: Call[];
  closures: { name: string; args: CallbackArg[] }[];
  enums: ValueSet[];
  flags: ValueSet[];
  constants: Value[];
  namespaces: { name: string; contexts: { name: string; constants: Value[] }[] }[];
}

export interface Value {
  name: string;
  value: number;
}

export interface ValueSet {
  prefix: string;
  values: Value[];
}

export interface Call {
  name: string;
  args: Arg[];
  optargs: OptArg[];
  ret: { kind: string; type?: string };
  shortdesc: string;
  longdesc: string;
  seeAlso: Link[];
  permittedStates: string[];
  isLocked: boolean;
  maySetError: boolean;
  asyncKind: { kind: 'WithCompletionCallback' } | { kind: 'ChangesState'; call: string; value: boolean } | null;
  modifiesFd: boolean;
  firstVersion: string;
}

export interface Arg {
  kind: string;
  name: string;
  type?: string;
  closure?: string;
  count?: string;
}

export interface OptArg {
  kind: 'OClosure' | 'OFlags';
  name: string;
  type?: string;
  closure?: string;
  subset?: string[] | null;
}

export type CallbackArg =
  | { kind: 'ArrayAndLen'; of: Arg; count: string }
  | { kind: 'Mutable'; of: Arg }
  | { kind: 'BytesIn' | 'Int' | 'Int64' | 'String' | 'UInt' | 'UInt64'; name: string };

export type Link =
  | { kind: 'Call'; name: string }
  | { kind: 'Section'; name: string }
  | { kind: 'Main' }
  | { kind: 'External'; name: string; section: number }
  | { kind: 'URL'; url: string };

/** How a call becomes a method: as it is, as one that waits, or as one that waits and fills the caller's buffer. */
export type Form = 'plain' | 'blocking' | 'into';

// What may pass a proxy that is read-only, or whose target leads to one export, said once more: from the whole of what the
// client sends, with the lengths calculated from the front to the back. It shares no line with what it judges.
import { concat } from '../support/bytes.js';
import { EXPORT_NAME, GO, LIST } from './client_bytes.js';
import type { Choices } from './followed.js';

export interface Judgement {
  /** All that may reach the server. */
  passes: Uint8Array;
  /** How many options are answered in the server's place. */
  refused: number;
  /** The close code; undefined where nothing is wrong. */
  code: number | undefined;
}

interface World {
  readOnly: boolean;
  exportName: string | undefined;
  choices: Choices;
}

export function judge(stream: Uint8Array, { readOnly, exportName, choices }: World): Judgement {
  const all = Buffer.from(stream);
  const passes: Buffer[] = [];
  let refused = 0;
  const verdict = (code?: number): Judgement => ({ passes: concat(...passes), refused, code });
  const { greeting = 3, agrees = () => true, exportFlags = 1 } = choices;
  if (all.length < 4) return verdict();
  const flags = all.readUInt32BE();
  if (flags > 3 || (flags & greeting) !== flags) return verdict(4400);
  passes.push(all.subarray(0, 4));

  let at = 4;
  let asked = 0;
  let hasExtended = false;
  for (let isTransmission = false; !isTransmission; ) {
    if (all.length < at + 16) return verdict();
    const [number, length] = [all.readUInt32BE(at + 8), all.readUInt32BE(at + 12)];
    if (all.toString('latin1', at, at + 8) !== 'IHAVEOPT' || ![1, 2, 3, 6, 7, 8, 9, 10, 11].includes(number))
      return verdict(4400);
    if (length > 65536 || (flags % 2 === 0 && number !== EXPORT_NAME)) return verdict(4400);
    if (all.length < at + 16 + length) return verdict();
    const data = all.subarray(at + 16, at + 16 + length);
    at += 16 + length;
    if (!hasExactLength(number, data) || hidesMessage(data)) return verdict(4400);
    if (number === LIST && exportName !== undefined) {
      refused++;
      continue;
    }
    const passing = rewritten(number, data, exportName);
    if (passing === undefined) return verdict(4404);
    passes.push(passing);
    const isAgreed = number === EXPORT_NAME || agrees(number, asked++);
    if (number === 11 && isAgreed) hasExtended = true;
    isTransmission = number === EXPORT_NAME || (number === GO && isAgreed);
  }

  if (!readOnly) {
    passes.push(all.subarray(at));
    return verdict();
  }
  const size = hasExtended ? 32 : 28;
  while (all.length >= at + size) {
    const header = all.subarray(at, at + size);
    const code = judgeRequest(header, hasExtended, (exportFlags & 4096) !== 0);
    if (code !== undefined) return verdict(code);
    const whole = size + (header.readUInt16BE(4) >= 32 ? Number(header.readBigUInt64BE(24)) : 0);
    if (all.length < at + whole) return verdict();
    passes.push(all.subarray(at, at + whole));
    at += whole;
  }
  return verdict();
}

/** Whether an option's data is as long as its content says, as a sum. */
function hasExactLength(number: number, data: Buffer): boolean {
  const at = (offset: number, size: 2 | 4) => (data.length >= offset + size ? data.readUIntBE(offset, size) : Number.NaN);
  const name = at(0, 4);
  switch (number) {
    case 1:
      return data.length <= 4096;
    case 6:
    case 7:
      return name <= 4096 && data.length === 4 + name + 2 + 2 * at(4 + name, 2);
    case 9:
    case 10: {
      let length = 4 + name + 4;
      for (let queries = at(4 + name, 4); queries > 0 && length <= data.length; queries--) {
        if (at(length, 4) > 4096) return false;
        length += 4 + at(length, 4);
      }
      return name <= 4096 && data.length === length;
    }
    default:
      return data.length === 0;
  }
}

function hidesMessage(data: Buffer): boolean {
  const text = data.toString('latin1');
  return ['IHAVEOPT', '\x25\x60\x95\x13', '\x21\xe4\x1c\x71'].some((magic) => text.includes(magic));
}

/** The option as the server gets it; undefined for an export that is not the target's. */
function rewritten(number: number, data: Buffer, exportName: string | undefined): Buffer | undefined {
  const header = (length: number) => Buffer.concat([Buffer.from('IHAVEOPT'), Buffer.from(hex(number) + hex(length), 'hex')]);
  const whole = Buffer.concat([header(data.length), data]);
  if (exportName === undefined || ![1, 6, 7, 9, 10].includes(number)) return whole;
  const target = Buffer.from(exportName);
  const name = number === 1 ? data : data.subarray(4, 4 + data.readUInt32BE());
  if (name.equals(target)) return whole;
  if (name.length > 0) return undefined;
  if (number === 1) return Buffer.concat([header(target.length), target]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(target.length);
  return Buffer.concat([header(data.length + target.length), length, target, data.subarray(4)]);
}

const hex = (value: number) => value.toString(16).padStart(8, '0');

function judgeRequest(header: Buffer, isExtended: boolean, hasStatusPayload: boolean): number | undefined {
  if (header.readUInt32BE() !== (isExtended ? 0x21e41c71 : 0x25609513)) return 4400;
  const [flags, command] = [header.readUInt16BE(4), header.readUInt16BE(6)];
  const length = isExtended ? header.readBigUInt64BE(24) : BigInt(header.readUInt32BE(24));
  const allowed: Record<number, number[]> = {
    0: [0, 1, 4, 5],
    2: [0, 1],
    3: [0, 1],
    5: [0, 1],
    7: isExtended && hasStatusPayload ? [0, 1, 8, 9, 32, 33, 40, 41] : [0, 1, 8, 9],
  };
  if (allowed[command] === undefined) return 4405;
  if (!allowed[command].includes(flags)) return 4400;
  if ((command === 2 || command === 3) && (length > 0n || header.readBigUInt64BE(16) > 0n)) return 4400;
  if (flags >= 32 && (length < 8n || length > 65536n || length % 4n > 0n)) return 4400;
  return undefined;
}

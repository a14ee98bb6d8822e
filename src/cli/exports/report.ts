// The facts of exports as nbdinfo prints them, byte by byte: as text, and as JSON in nbdinfo's own layout. What a server says has its
// control characters escaped; nbdinfo writes them as they are in text, and escapes those below U+0020 alone in JSON.
import type { NBD } from '../../node.js';
import { escapeControls, quoted } from '../../text/escape.js';
import { humanSize } from '../../text/sizes.js';
import { colour, type Paint } from '../printing/colours.js';
import { type ExportFacts, known } from './facts.js';

export interface ConnectionFacts {
  readonly protocol: string | undefined;
  readonly isTls: boolean | undefined;
  readonly isStructured: boolean | undefined;
  readonly isExtended: boolean | undefined;
}

export const connectionFacts = (nbd: NBD): ConnectionFacts => ({
  protocol: known(() => nbd.getProtocol()),
  isTls: known(() => nbd.getTlsNegotiated()),
  isStructured: known(() => nbd.getStructuredRepliesNegotiated()),
  isExtended: known(() => nbd.getExtendedHeadersNegotiated()),
});

export function reportText(connection: ConnectionFacts, exports: readonly ExportFacts[], paint: Paint): string {
  return connectionText(connection) + exports.map((one) => exportText(one, paint)).join('');
}

function connectionText({ protocol, isTls, isStructured, isExtended }: ConnectionFacts): string {
  if (protocol === undefined) return '';
  const tls = isTls === undefined ? '' : ` ${isTls ? 'with' : 'without'} TLS`;
  const packets = isExtended ? 'extended' : isStructured ? 'structured' : 'simple';
  const using = isExtended === undefined || isStructured === undefined ? '' : `, using ${packets} packets`;
  return `protocol: ${protocol}${tls}${using}\n`;
}

function exportText(e: ExportFacts, paint: Paint): string {
  const heading = [
    `export=${quoted(e.name)}:\n`,
    e.description ? `\tdescription: ${escapeControls(e.description)}\n` : '',
    `\texport-size: ${e.size === undefined ? 'unavailable' : sizeText(e.size)}\n`,
    e.content === undefined ? '' : `\tcontent: ${escapeControls(e.content)}\n`,
  ];
  return [
    paint(heading.join(''), colour.brightMagenta),
    e.uri === undefined ? '' : `\turi: ${escapeControls(e.uri)}\n`,
    ...(e.contexts === undefined ? [] : ['\tcontexts:\n', ...e.contexts.map((name) => `\t\t${escapeControls(name)}\n`)]),
    ...e.flags.map(([name, value]) => flagText(name, value, paint)),
    ...e.blockSizes.map(([name, bytes]) => `\t${name}: ${sizeText(bytes)}\n`),
  ].join('');
}

function flagText(name: string, value: boolean, paint: Paint): string {
  const line = `\t${name}: ${value}\n`;
  return name.startsWith('can_') ? paint(line, value ? colour.green : colour.red) : line;
}

function sizeText(bytes: bigint): string {
  const human = humanSize(bytes);
  return human === String(bytes) ? human : `${bytes} (${human})`;
}

export function reportJson(connection: ConnectionFacts, exports: readonly ExportFacts[]): string {
  const { protocol, isTls, isStructured, isExtended } = connection;
  const members = [
    ...(protocol === undefined ? [] : [`"protocol": ${quoted(protocol)}`]),
    ...(isTls === undefined ? [] : [`"TLS": ${isTls}`]),
    ...(isStructured === undefined ? [] : [`"structured": ${isStructured}`]),
    ...(isExtended === undefined ? [] : [`"extended": ${isExtended}`]),
    `"exports": ${exports.length === 0 ? '[]' : `[\n${exports.map(exportJson).join(',\n')} ]`}`,
  ];
  return `{\n${members.join(',\n')}\n}\n`;
}

function exportJson(e: ExportFacts): string {
  const members = [
    `"export-name": ${quoted(e.name)}`,
    ...(e.description ? [`"description": ${quoted(e.description)}`] : []),
    ...(e.content === undefined ? [] : [`"content": ${quoted(e.content)}`]),
    ...(e.uri === undefined ? [] : [`"uri": ${quoted(e.uri)}`]),
    ...(e.contexts === undefined ? [] : [`"contexts": ${contextsJson(e.contexts)}`]),
    ...[...e.flags, ...e.blockSizes].map(([name, value]) => `"${name}": ${value}`),
    ...(e.size === undefined ? [] : [`"export-size": ${e.size}`]),
    `"export-size-str": "${e.size === undefined ? 'unavailable' : humanSize(e.size)}"`,
  ];
  return `\t{\n${members.map((member) => `\t${member}`).join(',\n')}\n\t}`;
}

const contextsJson = (contexts: readonly string[]): string =>
  `[\n${contexts.map((name) => `\t\t${quoted(name)}`).join(',\n')}${contexts.length === 0 ? '' : '\n'}\t]`;

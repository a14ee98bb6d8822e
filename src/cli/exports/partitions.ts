// What `libnbd-wasm info --partitions` prints: the partitions of a disk, under lsblk's names.
import type { Content, Partition, PartitionTable, Probe, Warning } from '../../node.js';
import { escapeControls } from '../../text/escape.js';
import { humanSize } from '../../text/sizes.js';
import { colour, type Paint } from '../printing/colours.js';
import { columns } from '../printing/columns.js';
import type { Json } from '../printing/format.js';

/** lsblk's unit of `start`, whatever the size of a sector is. */
const startUnit = 512n;

export function partitionsJson(found: Probe): Json {
  return {
    size: found.size,
    'log-sec': BigInt(found.sectorSize),
    ...tableJson(found.table),
    ...contentJson(found.content),
    ambivalent: found.ambivalent,
    children: found.partitions.map(partitionJson),
    warnings: found.warnings.map(warningJson),
  };
}

const tableJson = (table: PartitionTable | undefined): { [key: string]: Json } =>
  table === undefined ? {} : { pttype: table.type, ...(table.id === undefined ? {} : { ptuuid: table.id }) };

function contentJson(content: Content | undefined): { [key: string]: Json } {
  if (content === undefined) return {};
  const { type, version, label, uuid, size, usage, ambivalent } = content;
  return {
    fstype: type,
    ...(version === undefined ? {} : { fsver: version }),
    ...(label === undefined ? {} : { label }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(size === undefined ? {} : { fssize: size }),
    usage,
    ...(ambivalent ? { ambivalent } : {}),
  };
}

const partitionJson = (partition: Partition): Json => ({
  partn: BigInt(partition.number),
  start: partition.start / startUnit,
  size: partition.size,
  pttype: partition.scheme,
  parttype: partition.type,
  ...(partition.typeName === undefined ? {} : { parttypename: partition.typeName }),
  ...(partition.uuid === undefined ? {} : { partuuid: partition.uuid }),
  ...(partition.name === undefined ? {} : { partlabel: partition.name }),
  ...(partition.flags === 0n ? {} : { partflags: `0x${partition.flags.toString(16)}` }),
  ...contentJson(partition.content),
  warnings: partition.warnings.map(warningJson),
});

const warningJson = ({ code, message, offset, length }: Warning): Json => ({
  code,
  message,
  ...(offset === undefined ? {} : { offset }),
  ...(length === undefined ? {} : { length }),
});

export function partitionsText(found: Probe, paint: Paint): string {
  const { table, content, partitions, warnings } = found;
  const what = [
    table === undefined ? 'no partition table' : `${table.type} partition table${table.id === undefined ? '' : ` ${table.id}`}`,
    ...(content === undefined ? [] : [contentText(content)]),
  ];
  const size = `size: ${found.size} (${humanSize(found.size)}), sectors of ${found.sectorSize} bytes`;
  const lines = [
    what.join(', '),
    ...(partitions.length === 0 ? [] : columns([header, ...partitions.map(row)].map((cells) => cells.map(escapeControls)))),
    ...warnings.map((warning) => warningText('', warning)),
    ...partitions.flatMap(({ number, warnings }) => warnings.map((warning) => warningText(`partition ${number}: `, warning))),
  ];
  return `${[paint(size, colour.brightMagenta), ...lines.map(escapeControls)].join('\n')}\n`;
}

const header = ['PARTN', 'START', 'SIZE', 'PARTTYPENAME', 'PARTLABEL', 'FSTYPE', 'FSVER', 'LABEL', 'UUID'];

const row = ({ number, start, size, type, typeName, name, content }: Partition): string[] => [
  String(number),
  String(start / startUnit),
  humanSize(size),
  typeName ?? type,
  name ?? '',
  content?.type ?? '',
  content?.version ?? '',
  content?.label ?? '',
  content?.uuid ?? '',
];

const contentText = ({ type, version, label, uuid }: Content): string =>
  [type, version, label === undefined ? undefined : `"${label}"`, uuid].filter((text) => text !== undefined).join(' ');

const warningText = (where: string, { message }: Warning): string => `warning: ${where}${message}`;

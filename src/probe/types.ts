// What probe() tells of a disk. Names and values are libblkid's; lsblk and blkid print them so.

/** What {@link probe} found on a disk. Offsets and sizes are in bytes, counted from the beginning of the disk. */
export interface Probe {
  /** Of the range that was probed: the whole disk unless options said otherwise. */
  size: bigint;
  /** In bytes: what the partition table counts in. */
  sectorSize: number;
  /** libblkid found signatures of several kinds on the whole disk, and prefers none. */
  ambivalent: boolean;
  /** The partition table of the whole disk. */
  table?: PartitionTable;
  /** A superblock on the whole disk: where there is no table, or beside the table. */
  content?: Content;
  /** In the order of libblkid: as the table has them, logical ones after the others. */
  partitions: Partition[];
  /** What is wrong with the disk or could not be read; a partition has its own. */
  warnings: Warning[];
  /** What it took: requests to the disk, and the bytes that they read. */
  reads: { requests: number; bytes: number };
}

/** What {@link partitions} found: a probe without the contents. */
export type PartitionList = Omit<Probe, 'ambivalent' | 'content'>;

/** A partition table. */
export interface PartitionTable {
  /** PTTYPE: `gpt`, `dos`, `mac`, `bsd`, … */
  type: string;
  /** PTUUID: the GUID of a GPT's disk, the 32-bit signature of an MBR in hexadecimal. */
  id?: string;
  /** Of the table's magic. */
  offset: bigint;
  /** Of a GPT. */
  checks?: GptChecks;
}

/** Whether both copies of a GPT are whole. `missing` is a header without its signature. */
export interface GptChecks {
  /** The header in the second sector. */
  primary: GptHeaderCheck;
  /** The header at the place that the primary one names, or else in the last sector. */
  backup: GptHeaderCheck;
  /** Whether the backup header is in the last sector of the disk. It is not where the disk was grown. */
  isBackupAtEnd: boolean;
  /** Whether both copies describe the same partitions; undefined where one of them is not whole. */
  agree?: boolean;
  /** Whether the MBR has entries of its own beside the protective one. */
  isHybrid: boolean;
}

/** One copy of a GPT. */
export interface GptHeaderCheck {
  /** `ok`; `missing`: no signature; `damaged`: its CRC or its fields are wrong; `unreadable`: the disk could not be read there. */
  header: 'ok' | 'missing' | 'damaged' | 'unreadable';
  /** Its array of entries; undefined where the header is not `ok`. */
  entries?: 'ok' | 'damaged' | 'unreadable';
  /** Of the header. */
  offset: bigint;
}

/** A partition. */
export interface Partition {
  /** As Linux numbers it: logical ones from 5 on. */
  number: number;
  start: bigint;
  size: bigint;
  /** PARTTYPE: a GUID, or an MBR's type such as `0x83`. */
  type: string;
  /** PARTTYPENAME. */
  typeName?: string;
  /** PARTUUID. */
  uuid?: string;
  /** PARTLABEL. */
  name?: string;
  /** PARTFLAGS: a GPT's attributes, or an MBR's boot flag, 0x80. */
  flags: bigint;
  /** The type of its table: the disk's, or that of a table inside a partition, such as BSD's. */
  scheme: string;
  /** Of an MBR: it is inside the extended partition. */
  logical?: boolean;
  /** Of an MBR: the partition that the logical ones are inside. */
  extended?: boolean;
  content?: Content;
  warnings: Warning[];
}

/** A superblock, as libblkid knows it. */
export interface Content {
  /** USAGE: what it is for. */
  usage: 'filesystem' | 'raid' | 'crypto' | 'other';
  /** TYPE: `ext4`, `crypto_LUKS`, `LVM2_member`, `swap`, … */
  type: string;
  /** LABEL. */
  label?: string;
  /** UUID. */
  uuid?: string;
  /** VERSION. */
  version?: string;
  /** BLOCK_SIZE, in bytes. */
  blockSize?: number;
  /** FSSIZE or what libblkid knows in its place, in bytes. */
  size?: bigint;
  /** Of its magic. */
  offset: bigint;
  /** libblkid found others at the same place, and prefers none; this is the first that it found. */
  ambivalent: boolean;
  /** Every NAME=value that libblkid told, under libblkid's names. */
  all: Record<string, string>;
}

/** Something that a user should know: of damage, of what could not be read, of what is unusual. */
export interface Warning {
  /** A word for programs, such as `gpt-backup-missing`. */
  code: string;
  /** A sentence for people. */
  message: string;
  /** What it is about, where it is about a place. */
  offset?: bigint;
  length?: bigint;
}

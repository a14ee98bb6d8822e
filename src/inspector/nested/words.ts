// What is known of an image in words, and what went wrong with one.
import { NBDError } from '../../base/errors.js';
import type { Disk } from '../../disk/disk.js';
import type { ImageDisk } from '../../files/image/options.js';
import { escapeControls } from '../../text/escape.js';
import type { Fact, OwnFacts } from '../facts.js';
import { shown } from '../files/names.js';
import { exactSize, shortSize } from '../format.js';
import { type ImagePlace, imageName } from '../image_place.js';
import { explain, type Problem } from '../problems.js';

const formatTitles: Readonly<Record<string, string>> = {
  qcow2: 'qcow2',
  vhdx: 'VHDX',
  vmdk: 'VMDK',
  vdi: 'VDI',
  vhd: 'VHD',
};

/** What stands in the header in the place of a server's words. */
export async function factsOf(file: Disk, image: ImageDisk | undefined, place: ImagePlace): Promise<OwnFacts> {
  const fileSize = await file.getSize();
  const size = image === undefined ? fileSize : await image.getSize();
  const format = image === undefined ? 'raw image' : `${formatTitles[image.format]} image`;
  const warnings = image?.warnings ?? [];
  const facts: Fact[] = [
    { label: 'Format', words: image === undefined ? 'raw: the bytes of the file are the disk' : format },
    { label: 'It is', words: whereInWords(place) },
    { label: 'Size', words: sizes(size), title: exactSize(size) },
    { label: 'Its file', words: `${sizes(fileSize)} long`, title: exactSize(fileSize) },
    { label: 'Block status', words: image === undefined ? rawAllocation : imageAllocation },
    { label: 'Writes', words: 'none: this page never writes' },
    ...warnings.map((warning) => ({ label: 'Careful', words: escapeControls(warning) })),
  ];
  const careful = warnings.length === 0 ? [] : [`! ${escapeControls(warnings.join('; '))}`];
  const short = [`${format}, ${shortSize(fileSize)} long`, 'read-only', ...careful].join(' · ');
  return { title: shown(imageName(place)), short, facts };
}

const rawAllocation = 'the holes of the file: what it does not keep reads as zeroes';
const imageAllocation =
  'the image’s own: data is what it keeps, the rest are holes. Of compressed parts it is known as far as 32 MiB were unpacked for it';

const sizes = (size: bigint): string => (size < 1024n ? exactSize(size) : `${shortSize(size)}, ${exactSize(size)}`);

export function whereInWords({ partition, path }: ImagePlace): string {
  if (path === undefined) return 'the whole disk around it';
  return partition === undefined ? shown(path) : `${shown(path)} in partition ${partition}`;
}

type Words = Pick<Problem, 'what' | 'todo'> & { readonly remedy?: Problem['remedy'] };

const flatten = 'Where all of its files are, ‘qemu-img convert’ makes one image of them. Open that one.';

/** The first whose pattern is in the message; what a code alone says stands below. */
const byMessage: readonly (readonly [RegExp, Words])[] = [
  [/backing file/, { what: 'This image has only the changes to another one, its backing file', todo: flatten }],
  [/changes to another image, which/, { what: 'This image has only the changes to another one', todo: flatten }],
  [/data in another file|only names the files/, { what: 'The data of this image are in other files', todo: flatten }],
  [
    /is encrypted$/,
    {
      what: 'This image is encrypted',
      todo: 'This page takes no keys. Where the key is, ‘qemu-img convert’ makes an image of it that is not encrypted.',
    },
  ],
  [
    /no image of a disk/,
    {
      what: 'This file has the name of an image, and not its first bytes',
      todo: 'It may be damaged or cut off, or be something else with such a name. Its bytes can be looked at in the list of files.',
    },
  ],
];

const byCode: Readonly<Record<string, Words>> = {
  ELOOP: {
    what: 'There are too many disks inside each other',
    todo: 'Copy an image out of here with Download, and open the copy by itself.',
  },
  ENOENT: {
    what: 'The image is not there',
    todo: 'The link may be about another disk, or the file may have been renamed or removed.',
  },
  ENOTSUP: {
    what: 'This image cannot be read here',
    todo: 'The reason stands below. ‘qemu-img convert’ makes a plain qcow2 or raw image of most others.',
  },
  EUCLEAN: {
    what: 'This image is damaged, or not all of it is there',
    todo: '‘qemu-img check’ tells more of it. If somebody writes to it, open it again when it is at rest.',
  },
  EFBIG: {
    what: 'This image has more metadata than are read here',
    todo: 'The bound stands below. Download the image, or open it with a server of its own, such as qemu-nbd.',
  },
  ENOMEM: {
    what: 'This image takes more memory than it may have here',
    todo: 'The bound stands below. Download the image, or open it with a server of its own, such as qemu-nbd.',
  },
  ETIMEDOUT: {
    what: 'This image was read on and on, and was given up',
    todo: 'It is damaged, or made to be read without end. Its file can be looked at as bytes.',
    remedy: 'again',
  },
  EIO: {
    what: 'A part of the disk that the image is on could not be read',
    todo: 'The disk around it, or its server, reported an error. Try again, or look at the rest of it.',
    remedy: 'again',
  },
};

/** Why an image could not be opened. */
export function explainInside(error: unknown): Problem {
  const problem = explain(error);
  if (!(error instanceof NBDError) || error.isFatal) return problem;
  const words = byMessage.find(([pattern]) => pattern.test(error.message))?.[1] ?? byCode[error.code ?? ''];
  return words === undefined ? { ...problem, remedy: 'back' } : { why: problem.why, remedy: 'back', ...words };
}

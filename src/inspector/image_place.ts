// Where the image of a disk is that is opened as a disk: the way from the disk of the server to the one that is shown.
import type { FilesPlace } from './files_place.js';

/** On the disk around it: a file of a partition, or of the whole disk; or the whole disk itself, which has no path then. */
export type ImagePlace = FilesPlace | { readonly partition?: undefined; readonly path?: undefined };

/** More of them in a link are not read: they are far beyond what is opened. */
const mostInLink = 32;
/** Linux takes no longer path. */
export const longestPath = 4096;

const whole = 'disk';

/** `2:/var/lib/vm.qcow2`; without a number where the file system takes the whole disk; `disk` for the whole disk. */
export function writeImagePlace({ partition, path = whole }: ImagePlace): string {
  return partition === undefined ? path : `${partition}:${path}`;
}

/** The places of a link; those before one that makes no sense. */
export function readImagePlaces(texts: readonly string[]): readonly ImagePlace[] {
  const places: ImagePlace[] = [];
  for (const text of texts.slice(0, mostInLink)) {
    const [, part, path] = /^(?:(\d{1,9}):)?(\/.*)$/s.exec(text) ?? [];
    if (text === whole) places.push({});
    else if (path === undefined || path.length > longestPath) break;
    else places.push({ partition: part === undefined ? undefined : Number(part), path });
  }
  return places;
}

export const keyOf = (inside: readonly ImagePlace[]): string => inside.map(writeImagePlace).join('\n');

/** How many places, from the first on, two ways have in common. */
export function commonDepth(one: readonly ImagePlace[], other: readonly ImagePlace[]): number {
  const differs = one.findIndex((place, i) => {
    const same = other[i];
    return same === undefined || writeImagePlace(place) !== writeImagePlace(same);
  });
  return differs === -1 ? one.length : differs;
}

/** The last name of the path, as a link has it. */
export const imageName = ({ path }: ImagePlace): string => path?.slice(path.lastIndexOf('/') + 1) ?? 'the image';

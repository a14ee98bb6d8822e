// copy, compare and checksum in a page and in a worker, with no other ends than there are everywhere. The first call loads this.
import type { Checksum, Compare, Copy } from './calls.js';
import { checksumWith } from './checksum.js';
import { compareWith } from './compare.js';
import { copyWith } from './copy.js';
import type { AnyDestination, AnySource, Platform } from './open.js';
import { type Hash, Sha256 } from './sha256.js';

const platform: Platform & { sha256(): Hash } = {
  source: () => undefined,
  destination: () => undefined,
  sha256: () => new Sha256(),
};

export const copy: Copy<AnySource, AnyDestination> = (source, destination, options = {}) =>
  copyWith(platform, source, destination, options);

export const compare: Compare<AnySource> = (a, b, options = {}) => compareWith(platform, a, b, options);

export const checksum: Checksum<AnySource> = (source, options = {}) => checksumWith(platform, source, options);

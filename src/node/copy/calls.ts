// copy, compare and checksum in Node. The first call loads this.
import type { Checksum, Compare, Copy } from '../../copy/calls.js';
import { checksumWith } from '../../copy/checksum.js';
import { compareWith } from '../../copy/compare.js';
import { copyWith } from '../../copy/copy.js';
import type { AnyDestination, AnySource } from '../../copy/open.js';
import type { NodeDestination, NodeSource } from './ends.js';
import { nodePlatform } from './platform.js';

export const copy: Copy<AnySource | NodeSource, AnyDestination | NodeDestination> = (source, destination, options = {}) =>
  copyWith(nodePlatform, source, destination, options);

export const compare: Compare<AnySource | NodeSource> = (a, b, options = {}) => compareWith(nodePlatform, a, b, options);

export const checksum: Checksum<AnySource | NodeSource> = (source, options = {}) => checksumWith(nodePlatform, source, options);

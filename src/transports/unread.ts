// How much may wait here that came from the peer and that nobody has read.
import { NBDError } from '../base/errors.js';

/** Above this many unread bytes the source is paused, where it can be; once half of them are read, it is resumed. */
export const pauseBound = 2 ** 20;

/** Above this many the connection fails: the source cannot be paused, and goes on. */
export const unreadBound = 2 ** 21;

export function tooMuchUnread(): NBDError {
  return new NBDError(`the server sent more than ${unreadBound} bytes that nobody had asked for`, 'ENOBUFS');
}

// Errors that cross to a worker and back.
import { codeOf, type ErrnoCode, NBDError } from '../../base/errors.js';
import type { SentError } from './messages.js';

export const sent = (error: unknown): SentError => ({
  message: error instanceof Error ? error.message : String(error),
  code: error instanceof NBDError ? codeOf(error, 'EIO') : undefined,
});

export const received = ({ message, code }: SentError): Error =>
  code === undefined ? new Error(message) : new NBDError(message, code as ErrnoCode);

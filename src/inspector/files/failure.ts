// Why something of a file system is not shown: a code to look up, and a text.
import { NBDError } from '../../base/errors.js';
import { escapeControls } from '../../text/escape.js';

export interface Failure {
  /** Such as `EUCLEAN`; empty where the error has none. */
  readonly code: string;
  readonly text: string;
}

export function failureOf(error: unknown): Failure {
  const text = escapeControls(error instanceof Error ? error.message : String(error));
  return { code: error instanceof NBDError ? (error.code ?? '') : '', text };
}

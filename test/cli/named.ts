// The command line, called by a name of upstream's or by its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { main } from '../node/cli.js';
import { atEnd } from '../support/cleanup.js';
import { temporaryFolder } from '../support/processes.js';
import type { Server } from '../support/servers.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end, whatever its exit code is. */
export async function call(...words: string[]): Promise<Outcome> {
  return outcomeOf([main, ...words]);
}

/** The same through a link, as a user makes it. */
export async function callAs(name: string, ...words: string[]): Promise<Outcome> {
  const link = join(await temporaryFolder(), name);
  await symlink(main, link);
  return outcomeOf([link, ...words]);
}

async function outcomeOf(words: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd(() => void child.kill('SIGKILL'));
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

/** A server's URI with an export in it. */
export const exportUri = ({ path }: Server, name: string): string => `nbd+unix:///${encodeURIComponent(name)}?socket=${path}`;

// `libnbd-wasm inspect` in a process of its own, with a page of the test's.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Program } from '../proxy/cli.js';
import { temporaryFolder } from '../support/processes.js';

/** A folder with a page in it. */
export async function pageFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title><script type="module" src="page.js"></script>');
  await writeFile(join(folder, 'page.js'), 'document.title = await (await import("./parts/part.js")).title();');
  await mkdir(join(folder, 'parts'));
  await writeFile(join(folder, 'parts', 'part.js'), 'export const title = async () => "loaded";');
  await writeFile(join(folder, 'empty.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  return folder;
}

const module = (name: string) => JSON.stringify(fileURLToPath(new URL(`../../dist/cli/${name}.js`, import.meta.url)));

/** The command with some words, and variables of the environment beside those of the test run, of which none opens a browser. */
export async function inspect(words: readonly string[], environment: Record<string, string> = {}): Promise<Program> {
  const script = `
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) delete process.env[name];
    Object.assign(process.env, ${JSON.stringify(environment)});
    const { command, inspect } = await import(${module('commands/inspect')});
    const { parse } = await import(${module('parse')});
    try {
      await inspect(parse(command, ${JSON.stringify(words)}), ${JSON.stringify(await pageFolder())});
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }`;
  const program = new Program('--input-type=module', '--eval', script);
  // It ends what it has started, unless it is killed, as the test would do with it next.
  onTestFinished(async () => {
    program.signal('SIGTERM');
    await Promise.race([program.exit, delay(10_000, undefined, { ref: false })]);
  });
  return program;
}

/** What its first line says: where the page is, and the token. */
export async function addressOf(program: Program): Promise<{ base: string; token: string; webSocket(name: string): string }> {
  const [, base = '', token = ''] = /^(https?:\/\/[^/]+)\/#token=(.+)$/.exec(await program.firstLine) ?? [];
  const webSocket = (name: string) => `${base.replace('http', 'ws')}/nbd/${encodeURIComponent(name)}?token=${token}`;
  return { base, token, webSocket };
}

/** What disks.json has. */
export async function disksOf({ base, token }: { base: string; token: string }): Promise<unknown> {
  const response = await fetch(`${base}/disks.json`, { headers: { authorization: `Bearer ${token}` } });
  return ((await response.json()) as { disks: unknown }).disks;
}

// The commands, in the order of the help. Each is loaded when it is called.
import type { Command } from './command.js';

const modules = new Map<string, () => Promise<{ command: Command }>>([
  ['info', () => import('./commands/info.js')],
  ['list', () => import('./commands/list.js')],
  ['map', () => import('./commands/map.js')],
  ['dump', () => import('./commands/dump.js')],
  ['copy', () => import('./commands/copy.js')],
  ['compare', () => import('./commands/compare.js')],
  ['checksum', () => import('./commands/checksum.js')],
  ['sh', () => import('./commands/sh.js')],
  ['ls', () => import('./commands/ls.js')],
  ['cat', () => import('./commands/cat.js')],
  ['cp', () => import('./commands/cp.js')],
  ['proxy', () => import('./commands/proxy.js')],
  ['inspect', () => import('./commands/inspect.js')],
  ['completion', async () => ({ command: (await import('./commands/completion.js')).completionOf(allCommands) })],
]);

export const commandNames: readonly string[] = [...modules.keys()];

export async function commandOf(name: string): Promise<Command | undefined> {
  return (await modules.get(name)?.())?.command;
}

export async function allCommands(): Promise<Command[]> {
  return (await Promise.all([...modules.values()].map((load) => load()))).map(({ command }) => command);
}

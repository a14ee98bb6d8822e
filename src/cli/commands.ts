// The commands, in the order of the help. Each is loaded when it is called.
import type { Command } from './command.js';

const modules = new Map<string, () => Promise<{ command: Command }>>([
  ['info', () => import('./info.js')],
  ['list', () => import('./list.js')],
  ['map', () => import('./map.js')],
  ['dump', () => import('./dump.js')],
  ['copy', () => import('./copy.js')],
  ['compare', () => import('./compare.js')],
  ['checksum', () => import('./checksum.js')],
  ['sh', () => import('./sh.js')],
  ['ls', () => import('./ls.js')],
  ['cat', () => import('./cat.js')],
  ['cp', () => import('./cp.js')],
  ['proxy', () => import('./proxy.js')],
  ['inspect', () => import('./inspect.js')],
  ['completion', async () => ({ command: (await import('./completion.js')).completionOf(allCommands) })],
]);

export const commandNames: readonly string[] = [...modules.keys()];

export async function commandOf(name: string): Promise<Command | undefined> {
  return (await modules.get(name)?.())?.command;
}

export async function allCommands(): Promise<Command[]> {
  return (await Promise.all([...modules.values()].map((load) => load()))).map(({ command }) => command);
}

// Holds the imports of src/ against the table in docs/architecture.md, which says who may import whom.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const document = 'docs/architecture.md';

/** Room → the rooms that it may import, from the rows `| room | may import | … |`. A room is a folder of src/ or a file. */
function readTable() {
  const rows = readFileSync(document, 'utf8').matchAll(/^\| (`[^|]+`) \|([^|]*)\|.*\|$/gm);
  const names = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  return new Map([...rows].flatMap(([, rooms, allowed]) => names(rooms).map((room) => [room, new Set(names(allowed))])));
}

const table = readTable();
if (table.size === 0) throw new Error(`${document} has no table of who may import whom`);

/** The room that a file is in: the longest name of the table that its path begins with. */
function roomOf(file) {
  const path = file.slice('src/'.length);
  const rooms = [...table.keys()].filter((room) => path === room || (room.endsWith('/') && path.startsWith(room)));
  return rooms.sort((a, b) => b.length - a.length)[0];
}

const mistakes = [];
for (const name of readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'))) {
  const file = join('src', name);
  const room = roomOf(file);
  if (room === undefined) mistakes.push(`${file} is in no room of the table`);
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)\.js'/g)) {
    const target = roomOf(normalize(join(dirname(file), `${specifier}.ts`)));
    if (target !== room && !table.get(room)?.has(target)) mistakes.push(`${file} may not import ${specifier}, of ${target}`);
  }
}
if (mistakes.length > 0) {
  console.error(`The table in ${document} forbids these imports:\n${mistakes.join('\n')}`);
  process.exit(1);
}

// A plugin of typedoc's: puts what the package exports into groups by the folder that defines it, and the methods of a handle into groups
// by their names; the sources need no tags for it, and a call that a newer libnbd has finds its place. Modules get the names by which
// programs import them, and pages of docs/ those of their headings.
import { Application, Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** The beginning of a file's path in src/ → the group. The first that fits counts; an entry is the file that exports its own calls. */
const folders = [
  [/^generated\/constants/, 'Constants'],
  [/^generated\/callbacks|^base\/callback/, 'Callbacks'],
  [/^nbd|^load|^base/, 'Handles'],
  [/^lasting|^open/, 'Disks that stay'],
  [/^copy|^node\/copy/, 'Copies'],
  [/^disk\/(cached|overlay|disk_blob|block_cache)/, 'Disks over disks'],
  [/^disk/, 'Handles'],
  [/^probe/, 'What is on a disk'],
  [/^files/, 'Files of a disk'],
  [/^transports|^node|^libnbd/, 'Sockets and credentials'],
];

/** What an entry defines itself. */
const named = new Map([
  ...['copy', 'compare', 'checksum', 'CopySource', 'CopyDestination'].map((name) => [name, 'Copies']),
  ...['probe', 'partitions'].map((name) => [name, 'What is on a disk']),
  ...['fileSystem', 'diskImage', 'registerEngine'].map((name) => [name, 'Files of a disk']),
  ...['connectThrough', 'connectWebSocket', 'openConnection'].map((name) => [name, 'Sockets and credentials']),
  ...['load', 'NBD', 'Library'].map((name) => [name, 'Handles']),
]);

/** The name of a method → the group. The first that fits counts. */
const methods = [
  [/^aio|^poll/, 'One step at a time: aio'],
  [/^(create|close|constructor|closed|connected|lost|lib|shutdown|connectionState|\[)/, 'The handle'],
  [/^connect|[sS]ocketActivation|[uU]ri|[sS]ubprocess/, 'Connect'],
  [/[tT]ls/, 'TLS'],
  [/^(pread|pwrite|zero|trim|cache|flush|readFully|readable|writable)/, 'Read and write'],
  [/^blockStatus|^extents|[mM]etaContext|^getNrMeta/, 'Block status'],
  [/^opt[A-Z]/, 'Negotiate options'],
  [/^(is|can)[A-Z]|^get(Size|BlockSize|Protocol|ExportDescription|CanonicalExportName)|Negotiated$/, 'What the server says'],
  [/^stats|[dD]ebug|^supports|^get(Version|PackageName)|HandleName|PrivateData/, 'The library, statistics, debugging'],
  [/^[sg]et|^clear/, 'Settings before connecting'],
];

/** The plain text of a page's heading. Code in it is a part of its own. */
function heading(parts) {
  const end = parts.findIndex(({ kind, text }) => kind === 'text' && text.trimStart().includes('\n'));
  const line = parts
    .slice(0, end + 1)
    .map(({ text }) => text)
    .join('');
  const [, text] = /^\s*# (.*)\n/.exec(line) ?? [];
  return text?.replaceAll('`', '');
}

const [[, stepwise], ...usual] = methods;

const modules = {
  node: 'libnbd-wasm',
  worker_client: 'libnbd-wasm/worker-client',
  proxy: 'libnbd-wasm/proxy',
  inspector: 'libnbd-wasm/inspector',
};

export function load(app) {
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    app.options.setValue('groupOrder', [
      ...['Documents', 'Handles', 'Disks that stay', 'Copies', 'What is on a disk', 'Files of a disk', 'Disks over disks'],
      ...['Sockets and credentials', 'Constants', 'Callbacks', ...usual.map(([, group]) => group), '*', stepwise],
    ]);
    app.options.setValue('searchGroupBoosts', { [stepwise]: 0.2 }); // who looks for a read wants `pread` before `aioPread`
  });

  const files = new Map();
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    files.set(reflection, file?.replace(/^.*\/src\//, ''));
  });
  // Before typedoc makes the groups of what is tagged.
  app.converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    (context) => {
      for (const reflection of context.project.getReflectionsByKind(ReflectionKind.All)) {
        const group = groupOf(reflection, files.get(reflection));
        if (group === undefined) continue;
        reflection.comment ??= new Comment();
        reflection.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: group }]));
      }
      for (const module of context.project.getReflectionsByKind(ReflectionKind.Module))
        module.name = modules[module.name] ?? module.name;
      for (const page of context.project.getReflectionsByKind(ReflectionKind.Document))
        page.name = heading(page.content) ?? page.name;
    },
    1000,
  );
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const [first] = project.readme ?? [];
    if (first !== undefined) first.text = first.text.replace(/^\s*# .*\n/, ''); // typedoc sets the name of the project above it
  });
}

function groupOf(reflection, file) {
  const { name, parent } = reflection;
  const first = (table, text) => table.find(([pattern]) => pattern.test(text))?.[1];
  if (parent?.name === 'NBD' && parent.kindOf(ReflectionKind.Class)) return first(methods, name);
  if (parent === undefined || !parent.kindOf(ReflectionKind.SomeModule)) return undefined;
  return named.get(name) ?? (file === undefined ? undefined : first(folders, file));
}

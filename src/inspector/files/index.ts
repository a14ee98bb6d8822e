// Registers the elements for files. The page loads this when somebody opens the files of a partition.
import { FileListElement } from './file_list.js';
import { FileTreeElement } from './file_tree.js';
import { FileViewElement } from './file_view.js';
import { FilesElement } from './files.js';

const elements = {
  'nbd-file-list': FileListElement,
  'nbd-file-tree': FileTreeElement,
  'nbd-file-view': FileViewElement,
  'nbd-files': FilesElement,
} as const;

for (const [name, element] of Object.entries(elements)) {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

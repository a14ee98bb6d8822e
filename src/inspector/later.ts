// What the page loads when somebody opens files, or the image of a disk: the elements for them, and what opens an image.
import { FileListElement } from './files/file_list.js';
import { FileTreeElement } from './files/file_tree.js';
import { FileViewElement } from './files/file_view.js';
import { FilesElement } from './files/files.js';
import { BreadcrumbsElement } from './nested/breadcrumbs.js';
import { OpeningElement } from './nested/opening.js';

export { openInside } from './nested/open.js';
export { imageFormatOf } from './nested/signs.js';
export { explainInside } from './nested/words.js';

const elements = {
  'nbd-breadcrumbs': BreadcrumbsElement,
  'nbd-file-list': FileListElement,
  'nbd-file-tree': FileTreeElement,
  'nbd-file-view': FileViewElement,
  'nbd-files': FilesElement,
  'nbd-opening': OpeningElement,
} as const;

for (const [name, element] of Object.entries(elements)) {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

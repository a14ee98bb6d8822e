// The files of a disk in a page. The engines' modules and the script of their worker are beside this file, in a bundle as well.
import { fileSystemCalls } from './files/calls.js';
import type { ProbeCall } from './probe/calls.js';
import { compileOwn, compileUrl } from './wasm/compile_url.js';

// Written out one by one, since this is how bundlers find the files.
const modules: Readonly<Record<string, () => URL>> = {
  'ext2.wasm': () => new URL('./ext2.wasm', import.meta.url),
  '7z.wasm': () => new URL('./7z.wasm', import.meta.url),
};

export const webFiles = (probe: ProbeCall) =>
  fileSystemCalls({
    compile: async (file) => {
      const locate = modules[file.name];
      return locate === undefined ? compileUrl(file.name, file) : compileOwn(locate, file);
    },
    spawner: async () => {
      const { webEngineWorker } = await import('./files/remote/web_worker.js');
      return () => webEngineWorker(startWorker());
    },
    probe,
  });

const startWorker = () =>
  new Worker(new URL('./files_worker.js', import.meta.url), { type: 'module', name: 'libnbd-wasm files' });

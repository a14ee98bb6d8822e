// Makes library.js, for Emscripten's linker, of library.ts and runtime.ts. Called by parts.sh with the file to be written.
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

async function bundle(name, options) {
  const { outputFiles } = await build({
    entryPoints: [`emscripten/${name}.ts`],
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    write: false,
    ...options,
  });
  return outputFiles[0].text;
}

const runtime = await bundle('runtime', { format: 'iife', globalName: 'runtime' });
const runtimeText = `(() => { ${runtime}; return new runtime.Runtime(); })()`;
const library = await bundle('library', { format: 'esm', define: { runtimeText: JSON.stringify(runtimeText) } });
// Emscripten takes three braces for a macro of its own. In the text of a string they can be written otherwise.
await writeFile(process.argv[2], library.replaceAll('{{{', '{\\x7b{'));

// Where the files of the package are. The command line is bundled into dist/cli, so that only a module of src/cli itself can tell.

/** @param path From the root of the package on; of a folder, with a `/` at its end. */
export const packageFile = (path: string): URL => new URL(`../../${path}`, import.meta.url);

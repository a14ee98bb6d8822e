// What TypeScript says of programs that a bundler will resolve, with no types but those that they import, and some of TypeScript's libraries.
import ts from 'typescript';

/** @param libraries Names of TypeScript's own, such as `dom`. */
export const bundledProgram = (libraries: readonly string[]): ts.CompilerOptions => ({
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
  lib: libraries.map((name) => `lib.${name}.d.ts`),
});

/** The errors of files, as texts. */
export function complaints(files: readonly string[], options: ts.CompilerOptions, host?: ts.CompilerHost): string[] {
  const found = ts.getPreEmitDiagnostics(ts.createProgram(files, options, host));
  return found.map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

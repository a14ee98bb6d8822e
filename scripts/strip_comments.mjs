// Writes a module's JavaScript anew from its TypeScript, without comments: strip_comments.mjs MODULE.ts MODULE.js
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const [source, target] = process.argv.slice(2);
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile('tsconfig.json', ts.sys.readFile).config,
  { ...ts.sys, readDirectory: () => [source] },
  '.',
);
const compilerOptions = { ...options, module: ts.ModuleKind.ES2022, removeComments: true };
writeFileSync(target, ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions, fileName: source }).outputText);

// Writes src/generated/ from the API's JSON: generate.ts <api.json> <folder> <exports.txt>
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callbackTypes } from './callbacks.js';
import { constants } from './constants.js';
import { exportedNames, exportsInterface } from './exports.js';
import { localCalls } from './local_calls.js';
import { methods } from './methods.js';
import type { Api } from './schema.js';

const [apiFile, folder, exportsFile] = process.argv.slice(2);
if (apiFile === undefined || folder === undefined || exportsFile === undefined) {
  throw new Error('usage: generate <api.json> <folder> <exports.txt>');
}
const api = JSON.parse(readFileSync(apiFile, 'utf8')) as Api;
mkdirSync(folder, { recursive: true });
const write = (name: string, text: string) =>
  writeFileSync(join(folder, name), `// Generated from libnbd's generator/API.ml by wasm/api/generate.ts.\n${text}`);

write('constants.ts', constants(api));
write('callbacks.ts', callbackTypes(api));
write('exports.ts', exportsInterface(api));
write('methods.ts', methods(api));
write('local_calls.ts', localCalls(api));
writeFileSync(exportsFile, `${exportedNames(api).join('\n')}\n`);

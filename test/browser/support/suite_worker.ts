// Runs the test files that it is told to in a worker, and posts what came of each test.
import { type File, startTests, type Task, type VitestRunner } from '@vitest/runner';
import type { ProvidedContext } from 'vitest';

export interface SuiteResult {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly errors: readonly string[];
}

export interface SuiteRequest {
  readonly file: string;
  readonly provided: ProvidedContext;
}

addEventListener('message', async ({ data }: MessageEvent<SuiteRequest>) => {
  try {
    postMessage(await runFile(data));
  } catch (error) {
    postMessage([{ name: 'the file', state: 'failed', errors: [String(error)] } satisfies SuiteResult]);
  }
});

async function runFile({ file, provided }: SuiteRequest): Promise<SuiteResult[]> {
  const config: VitestRunner['config'] = {
    root: '/',
    setupFiles: [],
    name: 'worker',
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 5,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: true,
  };
  // Where the vitest package looks for what a test run has provided.
  Object.assign(globalThis, { __vitest_worker__: { config, providedContext: provided, filepath: file } });
  const runner: VitestRunner = { config, importFile: (path) => import(/* @vite-ignore */ path) };
  const files = await startTests([file], runner);
  return files.flatMap(resultsOf);
}

function resultsOf(file: File): SuiteResult[] {
  const results: SuiteResult[] = [];
  const visit = (task: Task, path: string) => {
    const name = `${path}${task.name}`;
    const errors = task.result?.errors?.map(({ stack, message }) => stack ?? message) ?? [];
    if (task.type === 'test') results.push({ name, state: stateOf(task), errors });
    else {
      if (errors.length > 0) results.push({ name, state: 'failed', errors });
      for (const child of task.tasks) visit(child, task === file ? '' : `${name} > `);
    }
  };
  visit(file, '');
  return results;
}

const stateOf = ({ mode, result }: Task): SuiteResult['state'] =>
  result?.state === 'pass' ? 'passed' : result?.state === 'fail' ? 'failed' : mode === 'run' ? 'failed' : 'skipped';

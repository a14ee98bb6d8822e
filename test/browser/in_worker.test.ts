// The shared suites once more, each in a worker of the page.
/// <reference types="vite/client" />
import { describe, expect, inject, test } from 'vitest';
import type { SuiteRequest, SuiteResult } from './support/suite_worker.js';

const suites = Object.keys(import.meta.glob('../*.test.ts'));

async function run(file: string): Promise<SuiteResult[]> {
  const worker = new Worker(new URL('./support/suite_worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<SuiteResult[]>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(`${file} could not be run in a worker: ${message}`));
      worker.postMessage({ file, provided: { serverHost: inject('serverHost') } } satisfies SuiteRequest);
    });
  } finally {
    worker.terminate();
  }
}

for (const file of suites) {
  const results = await run(new URL(file, import.meta.url).pathname);
  describe(file.replace('../', ''), () => {
    test.for(results)('$name', ({ state, errors }, { skip }) => {
      skip(state === 'skipped');
      expect(errors).toEqual([]);
      expect(state).toBe('passed');
    });
  });
}

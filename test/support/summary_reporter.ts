// The last line of a test run, for scripts to read: `N passed, N failed, N skipped`.
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let failed = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'failed') failed++;
        count[state === 'pending' ? 'skipped' : state]++;
      }
      // A file that could not be run has no tests that could fail.
      if (!module.ok() && failed === 0) count.failed++;
    }
    count.failed += unhandledErrors.length;
    const line = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}

// The last line of a test run, for scripts to read: `N passed, N failed, N skipped`. A run that is ended early has it too.
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  readonly #count = { passed: 0, failed: 0, skipped: 0 };
  /** By their ids: a file that is queued is another object later. */
  readonly #unfinished = new Map<string, TestModule>();

  onInit(): void {
    process.once('exit', () => this.#print());
  }

  onTestModuleQueued(module: TestModule): void {
    this.#unfinished.set(module.id, module);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#unfinished.delete(module.id);
    this.#add(module);
  }

  onTestRunEnd(_: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#count.failed += unhandledErrors.length;
  }

  #add(module: TestModule): void {
    const { failed } = this.#count;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      this.#count[state === 'pending' ? 'skipped' : state]++;
    }
    // A file that could not be run has no tests that could fail.
    if (!module.ok() && this.#count.failed === failed) this.#count.failed++;
  }

  #print(): void {
    for (const module of this.#unfinished.values()) {
      this.#add(module);
      this.#count.failed++; // whatever it waits for
    }
    const { passed, failed, skipped } = this.#count;
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}

// Ends a test run that is stuck, and tells where: a machine that waits for one kills it without a word.
import { spawnSync } from 'node:child_process';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

/** So many times as long as a test may take at most, nothing ends. */
const patience = 6;

export default class StuckReporter implements Reporter {
  /** By their ids: a file that is queued is another object later. */
  readonly #running = new Map<string, TestModule | TestCase>();
  #timer: NodeJS.Timeout | undefined;

  onInit({ config }: Vitest): void {
    if (config.watch) return; // it waits for whoever edits
    this.#timer = setTimeout(() => this.#end(), patience * config.testTimeout).unref();
  }

  onTestModuleQueued = (module: TestModule): void => this.#begins(module);
  onTestModuleEnd = (module: TestModule): void => this.#ends(module);
  onTestCaseReady = (test: TestCase): void => this.#begins(test);
  onTestCaseResult = (test: TestCase): void => this.#ends(test);

  #begins(work: TestModule | TestCase): void {
    this.#running.set(work.id, work);
    this.#timer?.refresh();
  }

  #ends(work: TestModule | TestCase): void {
    this.#running.delete(work.id);
    this.#timer?.refresh();
  }

  #end(): never {
    const names = [...this.#running.values()].map((work) => {
      const name = work.type === 'module' ? work.relativeModuleId : `${work.module.relativeModuleId} > ${work.fullName}`;
      return `  ${work.project.name}: ${name}\n`;
    });
    const { stdout } = spawnSync('ps', ['-e', '-o', 'pid,ppid,etime,stat,wchan:20,args', '--forest'], { encoding: 'utf8' });
    const processes = stdout.replace(/^(.{160}).*/gm, '$1');
    process.stderr.write(`the test run is stuck: for long, nothing has ended. These run:\n${names.join('')}${processes}`);
    spawnSync('pkill', ['-KILL', '-P', String(process.pid)]); // its own children, which may hold its output open
    process.exit(1);
  }
}

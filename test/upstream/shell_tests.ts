// Every shell test of a folder of upstream's, as a test by its name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { judged } from './native.js';
import { runShellTest, source, whySkipped } from './shell_test.js';

/** What cannot pass here, with native tools neither, and why. With the module loaded these are tests as the others are. */
const impossible = new Map(
  existsSync('/sys/module/nbd')
    ? []
    : ['copy-block-to-nbd.sh', 'copy-nbd-to-block.sh', 'copy-nbd-to-small-block-error.sh'].map((name) => [
        name,
        'it copies from or to /dev/nbd0, and the kernel module nbd is not loaded',
      ]),
);

/** To be called at a test file's top. */
export function shellTests(folder: 'info' | 'dump' | 'copy'): void {
  const names = readdirSync(join(source, folder)).filter((name) => name.endsWith('.sh'));
  test('there are all that the makefile names', () => {
    const named = readFileSync(join(source, folder, 'Makefile.am'), 'utf8').match(/[\w-]+\.sh\b/g) ?? [];
    expect(named).not.toEqual([]);
    expect(names).toEqual(expect.arrayContaining(named));
  });
  test.for(names)('%s', async (name, context) => {
    const outcome = await runShellTest(folder, name, judged);
    const reason = impossible.get(name);
    if (reason !== undefined) {
      expect(outcome.code, 'passes now: take it off the list of what cannot pass').not.toBe(0);
      context.skip(reason);
    }
    if (outcome.code === 77) await skipAsNative(folder, name, whySkipped(outcome.output), context);
    expect(outcome.code, outcome.output.split('\n').slice(-100).join('\n')).toBe(0); // the end tells what failed
  });
}

/** What is not here may be one of our own tools that does not work: only what native tools miss as well is no failure. */
async function skipAsNative(folder: string, name: string, reason: string, context: TestContext): Promise<void> {
  const { code } = judged === 'native' ? { code: 77 } : await runShellTest(folder, name, 'native');
  if (code === 77) context.skip(reason);
}

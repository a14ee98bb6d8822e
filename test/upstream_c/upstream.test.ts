// Upstream's own tests in C, as the judge of our sockets: some of them, and all of them with CAMPAIGN_C_TESTS=all.
import { beforeAll, expect, test } from 'vitest';
import { failing, notCompiled, notRun, quick, skipping } from './known.js';
import { allTests, isRun, Suite } from './suite.js';

const wantsAll = process.env.CAMPAIGN_C_TESTS === 'all';
const all = allTests();
const tests = all.filter((each) => isRun(each) && (wantsAll || quick.includes(each.name)));
const suite = new Suite(wantsAll ? 'all' : 'quick', tests);

beforeAll(() => suite.prepare(), 1_800_000); // all of them take a minute to compile, alone on the machine

test('the lists of what cannot pass name upstream’s tests', () => {
  const names = all.flatMap(({ name, program }) => [name, program.name]);
  expect(names).toEqual(
    expect.arrayContaining([...notCompiled.keys(), ...notRun.keys(), ...failing.keys(), ...skipping.keys(), ...quick]),
  );
});

test.for(tests)('$name', async (each, context) => {
  const { code, output } = await suite.run(each);
  const reason = failing.get(each.name);
  if (reason !== undefined) {
    expect(code, 'passes now: take it off the list of what fails').not.toBe(0);
    context.skip(reason);
  }
  if (code === 77 && skipping.has(each.name)) context.skip(skipping.get(each.name));
  expect(code, output.split('\n').slice(-100).join('\n')).toBe(0); // the end tells what failed
});

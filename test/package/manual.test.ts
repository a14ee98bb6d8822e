// The manual page that the package has: as man, groff and mandoc read it, beside what the commands say of themselves.
import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { paragraph, paragraphs, verbatim } from '../../generator/roff.js';
import { ours } from '../node/cli.js';
import { manifest } from './support.js';

const run = promisify(execFile);
const [page = ''] = await manifest().then(({ man = [] }) => man);
const path = fileURLToPath(new URL(`../../${page}`, import.meta.url));

/** What man shows of a page of roff, as text in lines that are never filled. */
async function shown(...file: string[]): Promise<string> {
  const env = { ...process.env, MANWIDTH: '1000', LC_ALL: 'C.UTF-8', MANROFFOPT: '' };
  const { stdout, stderr } = await run('man', ['--warnings', '--local-file', '--pager=cat', ...file], { env });
  expect(stderr).toBe('');
  return stdout;
}

const commands = [...(await ours('--help')).matchAll(/^ {2}libnbd-wasm (\w+) +(.*)$/gm)].map(([, name = '', summary = '']) => ({
  name,
  summary,
}));

test('is a page that no reader of roff has a warning for', async () => {
  const groff = await run('groff', ['-man', '-ww', '-Tutf8', '-z', path]);
  expect(groff).toEqual({ stdout: '', stderr: '' });
  const mandoc = await run('mandoc', ['-T', 'lint', '-W', 'warning', path]).catch(({ stdout, stderr }) => ({ stdout, stderr }));
  expect(mandoc).toEqual({ stdout: '', stderr: '' });
});

test('has a section for each command, with every option and a line of its help', async () => {
  const text = await shown(path);
  expect(commands.length).toBeGreaterThan(3);
  for (const [i, { name, summary }] of commands.entries()) {
    const start = text.indexOf(`\n   ${name}\n`);
    const next = commands[i + 1];
    const end = next === undefined ? text.indexOf('\nOPTIONS OF EVERY COMMAND\n') : text.indexOf(`\n   ${next.name}\n`);
    expect({ name, isThere: start > 0 && end > start }).toEqual({ name, isThere: true });
    expect(text.slice(0, start)).toContain(summary);
    const own = text.slice(start, end);
    const options = (await ours(name, '--long-options')).trim().split('\n');
    // A toggle is there once, as --[no-]name.
    const isThere = (option: string) => own.includes(option) || own.includes(option.replace(/^--(no-)?/, '--[no-]'));
    const missing = options.filter((option) => !['--help', '--version'].includes(option) && !isThere(option));
    expect({ name, missing }).toEqual({ name, missing: [] });
    const help = (await ours(name, '--help')).split('\n');
    expect(own).toContain(help[0]);
  }
});

test('has the version of the package', async () => {
  const { version } = await manifest();
  expect(await readFile(path, 'utf8')).toContain(`libnbd\\-wasm ${version}`);
});

describe('roff', () => {
  /** What is left of a text when man shows it. */
  function roundTrip(roff: string): string {
    return execFileSync('mandoc', ['-T', 'utf8', '-O', 'width=200'], {
      input: `.TH X 1 2026-01-01\n.SH NAME\nx \\- y\n.SH TEXT\n${roff}`,
    }).toString();
  }

  test.for([
    ['.TH begins no request', '.TH begins'],
    [String.raw`\fBbackslashes\fR and \n(xx and \\`, String.raw`\fBbackslashes\fR and \n(xx and \\`],
    [`"quotes" 'apostrophes' \`graves\` ^ ~ --dashes`, `"quotes" 'apostrophes' \`graves\` ^ ~ --dashes`],
    ['é … → 🖴', 'é … → 🖴'],
  ])('%s', ([text = '', expected]) => {
    expect(roundTrip(paragraph(text))).toContain(expected);
    expect(roundTrip(verbatim(`    ${text}`))).toContain(expected);
    expect(roundTrip(paragraphs(['first', text]))).toContain(expected);
  });

  test('a line that begins with a dot or an apostrophe because the text was filled', () => {
    const text = `${'word '.repeat(14)}.SH ${'word '.repeat(13)}'br no request`;
    expect(roundTrip(paragraph(text)).replaceAll(/\s+/g, ' ')).toContain(text);
  });
});

// Perl's POD, in which libnbd documents its calls, as the Markdown that TSDoc takes.
import { camelCase } from './names.js';

/** What becomes a link: names of calls, as `pread`, and of constants, as `CMD_FLAG_DF`. */
export interface KnownNames {
  calls: ReadonlySet<string>;
  constants: ReadonlySet<string>;
}

/** Markdown of a POD text. */
export function podToMarkdown(pod: string, names: KnownNames): string {
  const paragraphs = pod.trim().split(/\n{2,}/);
  const out: string[] = [];
  let verbatim: string[] = [];
  const indents: string[] = [];
  const endVerbatim = () => {
    if (verbatim.length > 0) out.push(`\`\`\`\n${dedent(verbatim.join('\n\n'))}\n\`\`\``);
    verbatim = [];
  };
  for (const paragraph of paragraphs) {
    if (/^\s/.test(paragraph)) {
      verbatim.push(paragraph);
      continue;
    }
    endVerbatim();
    const [, command, rest = ''] = /^=(\w+)\s*([\s\S]*)$/.exec(paragraph) ?? [];
    const indent = indents.slice(1).join('');
    switch (command) {
      case undefined:
        out.push(`${indents.join('')}${inline(paragraph, names)}`);
        break;
      case 'over':
        indents.push('  ');
        break;
      case 'back':
        indents.pop();
        break;
      case 'item': {
        const text = inline(rest.replace(/^\*\s*/, ''), names);
        out.push(`${indent}- ${text === '' ? '' : text}`.trimEnd());
        break;
      }
      case 'head1':
      case 'head2':
      case 'head3':
        out.push(`**${inline(rest, names)}**`);
        break;
      case 'for':
      case 'begin':
      case 'end':
      case 'encoding':
        break;
      default:
        throw new Error(`POD command =${command} is not known: teach generator/pod.ts what it means`);
    }
  }
  endVerbatim();
  // A bullet that holds nothing takes the paragraph that follows it.
  return out
    .join('\n\n')
    .replace(/^(\s*)-\n\n\s*/gm, '$1- ')
    .trim();
}

function dedent(text: string): string {
  const lines = text.split('\n');
  const margin = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join('\n');
}

const entities: Record<string, string> = { gt: '>', lt: '<', verbar: '|', sol: '/', nbsp: ' ' };

// Formatting codes, the innermost first: they nest.
function inline(text: string, names: KnownNames): string {
  const codes: string[] = [];
  const keep = (markdown: string) => `\ue000${codes.push(markdown) - 1}\ue001`;
  let result = text.replace(/E<(\w+)>/g, (_, entity: string) => keep(entities[entity] ?? `&${entity};`));
  for (let previous = ''; previous !== result; ) {
    previous = result;
    result = result
      .replace(/([BCFILSX])<<+ ([\s\S]*?) >>+/g, (_, letter: string, body: string) => keep(format(letter, body, names)))
      .replace(/([BCFILSX])<([^<>]*)>/g, (_, letter: string, body: string) => keep(format(letter, body, names)));
  }
  result = escapeText(result);
  while (/\ue000\d+\ue001/.test(result)) {
    result = result.replace(/\ue000(\d+)\ue001/g, (_, index: string) => codes[Number(index)] ?? '');
  }
  return result;
}

function format(letter: string, body: string, names: KnownNames): string {
  switch (letter) {
    case 'B':
      return `**${body}**`;
    case 'I':
      return `*${body}*`;
    case 'C': {
      const name = body.replace(/^LIBNBD_/, '');
      return name !== body && names.constants.has(name) ? `{@link ${name}}` : `\`${body}\``;
    }
    case 'F':
      return `\`${body}\``;
    case 'L':
      return link(body, names);
    default:
      return body;
  }
}

function link(target: string, names: KnownNames): string {
  const [, name, section] = /^([\w.-]+)\((\d)\)$/.exec(target) ?? [];
  if (name !== undefined) {
    const call = name.replace(/^nbd_/, '');
    if (name.startsWith('nbd_') && names.calls.has(call)) return `{@link NBD.${camelCase(call)} | ${camelCase(call)}}`;
    return `${name}(${section})`;
  }
  const [, page, anchor] = /^([\w-]+\(\d\))\/(.*)$/.exec(target) ?? [];
  if (page !== undefined) return `“${anchor}” in ${page}`;
  return /^https?:/.test(target) ? `<${target}>` : target;
}

// What TSDoc or Markdown would take for markup.
function escapeText(text: string): string {
  return text.replace(/[{}@]/g, '\\$&').replace(/</g, '&lt;').replace(/_/g, '\\_');
}

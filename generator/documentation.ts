// The TSDoc comment of a method, from upstream's POD.
import { twin } from './exports.js';
import { camelCase } from './names.js';
import { podToMarkdown } from './pod.js';
import type { Api, Call, Form, Link } from './schema.js';

const states: Record<string, string> = {
  Created: 'newly created',
  Connecting: 'connecting',
  Negotiating: 'negotiating',
  Connected: 'connected with the server',
  Closed: 'closed by the server',
  Dead: 'dead',
};

export function documentation(api: Api, call: Call, form: Form): string {
  const names = new Set(api.calls.map(({ name }) => name));
  const parts = [
    `\`nbd_${call.name}\`: ${call.shortdesc.replace(/[{}@]/g, '\\$&')}.`,
    ...(form === 'into'
      ? [
          `As {@link NBD.${camelCase(call.name)} | ${camelCase(call.name)}}, but fills a buffer of the caller's, whose length is the ` +
            'count. Until the promise settles, and after an abort until the handle is closed, the bytes may change at any time.',
        ]
      : [podToMarkdown(call.longdesc, names)]),
    ...permitted(call),
    ...tags(api, call),
  ];
  const text = parts.join('\n\n').replace(/\n\n(?=@)/g, '\n');
  const comment = text.replace(/\*\//g, '*\\/');
  return `  /**\n${comment.replace(/^(.*)$/gm, (line) => (line === '' ? '   *' : `   * ${line}`))}\n   */`;
}

function permitted({ permittedStates }: Call): string[] {
  if (permittedStates.length === 0) return [];
  return [`The handle must be ${permittedStates.map((state) => states[state] ?? state).join(', or ')}.`];
}

function tags(api: Api, call: Call): string[] {
  const waits = twin(api, call) !== undefined || ['poll', 'poll2', 'shutdown'].includes(call.name);
  const out: string[] = [];
  if (call.maySetError) out.push(`@throws NBDError${waits ? ' (the promise rejects)' : ''} with libnbd's text and code.`);
  const major = call.firstVersion.split('.');
  out.push(`@since libnbd ${major.join('.')}`);
  const links = call.seeAlso.map(link).filter((text) => text !== '');
  if (links.length > 0) out.push(`@see ${links.join(', ')}`);
  return out;
}

function link(target: Link): string {
  switch (target.kind) {
    case 'Call':
      return ['create', 'close', 'get_error', 'get_errno'].includes(target.name)
        ? ''
        : `{@link NBD.${camelCase(target.name)} | ${camelCase(target.name)}}`;
    case 'Section':
      return `“${target.name}” in libnbd(3)`;
    case 'Main':
      return 'libnbd(3)';
    case 'External':
      return `${target.name}(${target.section})`;
    case 'URL':
      return `<${target.url}>`;
  }
}

// The TSDoc comment of a method, from upstream's POD.
import { constantNames } from './constants.js';
import { parameterTags, returnsTag } from './explained.js';
import { introductions } from './introductions.js';
import { camelCase } from './names.js';
import { type KnownNames, podToMarkdown } from './pod.js';
import type { Api, Call, Form, Link } from './schema.js';

const states: Record<string, string> = {
  Created: 'newly created',
  Connecting: 'connecting',
  Negotiating: 'negotiating',
  Connected: 'connected with the server',
  Closed: 'closed by the server',
  Dead: 'dead',
};

/**
 * First what somebody reads who does not know libnbd: what the call does, an example, what goes in and comes out. libnbd's own text follows.
 */
export function documentation(api: Api, call: Call, form: Form, takes: { isWaiting: boolean; hasOptions: boolean }): string {
  const known: KnownNames = { calls: new Set(api.calls.map(({ name }) => name)), constants: constantNames(api) };
  const shortdesc = call.shortdesc.replace(/[{}@]/g, '\\$&');
  const introduced = introductions[form === 'into' ? `${camelCase(call.name)}Into` : call.name];
  const manual = form === 'into' ? '' : podToMarkdown(call.longdesc, known);
  const parts = [
    ...(introduced === undefined ? [] : [introduced.sentence, `\`\`\`ts\n${introduced.example}\n\`\`\``]),
    ...(introduced === undefined ? [`\`nbd_${call.name}\`: ${shortdesc}.`] : []),
    ...(form === 'into' ? [ownBuffer(call)] : []),
    ...permitted(call),
    ...parameterTags(api, call, form, takes.isWaiting, takes.hasOptions),
    ...returnsTag(call, form, takes.isWaiting),
    ...tags(call, takes.isWaiting),
    ...(manual === '' ? [] : [`@remarks In libnbd's words, which are about C: \`nbd_${call.name}\`, ${shortdesc}.`, manual]),
    ...see(call),
  ];
  const text = parts.join('\n\n').replace(/\n\n(?=@)/g, '\n');
  const comment = text.replace(/\*\//g, '*\\/');
  return `  /**\n${comment.replace(/^(.*)$/gm, (line) => (line === '' ? '   *' : `   * ${line}`))}\n   */`;
}

const ownBuffer = ({ name }: Call) =>
  `As {@link NBD.${camelCase(name)} | ${camelCase(name)}}, but fills a buffer of the caller's, whose length is the ` +
  'count. Until the promise settles, and after an abort until the handle is closed, the bytes may change at any time.';

function permitted({ permittedStates }: Call): string[] {
  if (permittedStates.length === 0) return [];
  return [`The handle must be ${permittedStates.map((state) => states[state] ?? state).join(', or ')}.`];
}

function tags(call: Call, isWaiting: boolean): string[] {
  const since = `@since libnbd ${call.firstVersion}`;
  if (!call.maySetError) return [since];
  return [`@throws NBDError${isWaiting ? ' (the promise rejects)' : ''} with libnbd's text and a code.`, since];
}

function see(call: Call): string[] {
  const links = call.seeAlso.map(link).filter((text) => text !== '');
  return links.length > 0 ? [`@see ${links.join(', ')}`] : [];
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

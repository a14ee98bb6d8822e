// src/generated/constants.ts: every constant of the API, named as in libnbd's Python module.
import { pascalCase } from './names.js';
import type { Api, ValueSet } from './schema.js';

/** The names of all that {@link constants} writes. */
export function constantNames(api: Api): Set<string> {
  return new Set([...constants(api).matchAll(/^export const (\w+)/gm)].map(([, name = '']) => name));
}

export function constants(api: Api): string {
  const out: string[] = [];
  // An enum that exists for its type alone: any number fits, so that flags can be or'ed, but no other enum's constant does.
  const set = ({ prefix, values }: ValueSet, kind: 'enum' | 'flags') => {
    const type = pascalCase(prefix);
    const none = kind === 'flags' ? [{ name: 'NONE', value: 0 }] : []; // so that 0 is no flags, though it is no constant
    const members = [...none, ...values].map(({ name, value }) => `  ${name} = ${value},`).join('\n');
    out.push(`declare enum ${type}Values {\n${members}\n}`);
    out.push(
      `/** ${kind === 'flags' ? 'One or more' : 'One'} of the constants \`${prefix}_*\`. */\nexport type ${type} = ${type}Values;`,
    );
    for (const { name, value } of values) {
      out.push(`/** \`LIBNBD_${prefix}_${name}\` */\nexport const ${prefix}_${name} = ${value} as ${type}Values.${name};`);
    }
    if (kind === 'flags') {
      const mask = values.reduce((all, { value }) => all | value, 0);
      out.push(`/** \`LIBNBD_${prefix}_MASK\`: all of them. */\nexport const ${prefix}_MASK = ${mask} as ${type};`);
    }
  };
  for (const values of api.enums) set(values, 'enum');
  for (const values of api.flags) set(values, 'flags');
  const constant = (name: string, value: string | number) =>
    out.push(`/** \`LIBNBD_${name}\` */\nexport const ${name} = ${JSON.stringify(value)};`);
  for (const { name, value } of api.constants) constant(name, value);
  for (const namespace of api.namespaces) {
    constant(`NAMESPACE_${namespace.name.toUpperCase()}`, `${namespace.name}:`);
    for (const context of namespace.contexts) {
      const name = `${namespace.name}_${context.name}`
        .toUpperCase()
        .replace(/[^A-Z0-9]+/g, '_')
        .replace(/_$/, '');
      constant(`CONTEXT_${name}`, `${namespace.name}:${context.name}`);
      for (const { name, value } of context.constants) constant(name, value);
    }
  }
  return `${out.join('\n\n')}\n`;
}

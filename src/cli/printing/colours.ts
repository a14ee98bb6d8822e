// Colours of a terminal, as upstream's programs use them: a text is painted where the output is a terminal, or where --color wants it.
import { isUpstream } from '../called.js';
import { toggle } from '../command.js';

/** SGR parameters, in upstream's words. */
export const colour = {
  boldBlack: '1;30',
  brightMagenta: '1;35',
  brightWhite: '1;37',
  green: '22;32',
  red: '22;31',
  onBlack: '40',
  onLightGrey: '47',
} as const;

export type Colour = (typeof colour)[keyof typeof colour];

/** Puts a text into some colours: one of the letters, one of the ground. */
export type Paint = (text: string, ...colours: readonly Colour[]) => string;

export const colourOptions = {
  color: toggle('colours, or none; without it colours on a terminal, unless NO_COLOR is set', {
    aliases: ['colors', 'colour', 'colours'],
  }),
} as const;

/** Upstream's programs do not know NO_COLOR. */
export const isColoured = ({ color }: { readonly color: boolean | undefined }): boolean =>
  color ?? (process.stdout.isTTY === true && (isUpstream || !process.env.NO_COLOR));

export function painter(values: { readonly color: boolean | undefined }): Paint {
  if (!isColoured(values)) return (text) => text;
  return (text, ...colours) => (colours.length === 0 ? text : `${colours.map(sequence).join('')}${text}${sequence('0')}`);
}

const sequence = (parameters: string): string => `\u001b[${parameters}m`;

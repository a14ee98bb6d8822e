// Where our nbdinfo prints on purpose what native nbdinfo does not.
import type { Outcome } from './compare.js';

/** nbd-server tells the size of an export when it is opened, and 0 before: ours asks again. */
export const nbdServerAsked = (outcome: Outcome): Outcome => ({
  ...outcome,
  stdout: outcome.stdout
    .replace(/export-size: (0|512|8192 \(8K\))\n/, 'export-size: …\n')
    .replace(/"export-size": (0|8192),/, '"export-size": …,')
    .replace(/"export-size-str": "(0|8K)"/, '"export-size-str": …')
    .replace(/^(0|8192)\n$/, '…\n'),
});

/** Where the last export of a list cannot be opened, native nbdinfo's JSON ends with a comma. */
export const lastOneRefused = (outcome: Outcome): Outcome => ({
  ...outcome,
  stdout: outcome.stdout.replace(/\},\n\}\n$/, '} ]\n}\n'),
});

// Upstream's own tests of nbddump, on ours.
import { shellTests } from './shell_tests.js';

shellTests('dump');

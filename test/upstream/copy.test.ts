// Upstream's own tests of nbdcopy, on ours.
import { shellTests } from './shell_tests.js';

shellTests('copy');

// Upstream's own tests of nbdinfo, on ours.
import { shellTests } from './shell_tests.js';

shellTests('info');

// What the shared suites need of the platform that they run on: servers to connect to. This is Node's; another platform has
// a file of its own with the same exports, and the configuration of its test run puts that in this one's place.
export { peer } from './peer.js';
export { nbdkit, nbdServer, qemuNbd } from './servers.js';
export type { TestServer } from './test_server.js';

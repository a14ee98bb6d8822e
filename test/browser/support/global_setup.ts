// Runs once for the tests in browsers, in the process that runs them: the host of their servers.
import type { TestProject } from 'vitest/node';
import { startServerHost } from './server_host.js';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = await startServerHost();
  project.provide('serverHost', host.url);
  return () => host.close();
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where `server_host.ts` listens. */
    serverHost: string;
  }
}

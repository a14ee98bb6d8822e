// A web server for pages, with the proxy attached: the page and its disk are of one origin, as they are for most users.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { TestProxy } from '../proxy/support.js';
import { listen } from './servers.js';

const contentTypes: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** What a test wants of an answer; all else is as a plain web server has it. */
export interface Answer {
  status?: number;
  /** Besides the content type; undefined leaves out even that. */
  headers?: Record<string, string | undefined>;
  /** In place of the file's. */
  body?: string;
}

export interface PageServerOptions {
  /** Where the files are: a folder for each beginning of a path. The first that fits is taken. */
  folders: Readonly<Record<string, string>>;
  /** The server behind `/nbd/disk`. */
  target: { uri: string };
  answer?: (path: string) => Answer;
}

export class PageServer {
  readonly origin: string;
  /** The paths that were asked for, in their order. */
  readonly requests: readonly string[];

  constructor(origin: string, requests: readonly string[]) {
    this.origin = origin;
    this.requests = requests;
  }

  /** The disk, for the library in a page. */
  get disk(): string {
    return `${this.origin.replace('http', 'ws')}/nbd/disk`;
  }
}

/** Starts one, for one test. */
export async function servePages({ folders, target, answer = () => ({}) }: PageServerOptions): Promise<PageServer> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname;
    requests.push(path);
    const { status, headers = {}, body } = answer(path);
    const file = body ?? (await fileOf(folders, path));
    const all = { 'content-type': contentTypes[extname(path)], ...headers };
    for (const [name, value] of Object.entries(all)) if (value !== undefined) response.setHeader(name, value);
    response.writeHead(status ?? (file === undefined ? 404 : 200)).end(file);
  });
  await listen(server, { host: '127.0.0.1', port: 0 });
  const proxy = new TestProxy(server, { targets: { disk: target.uri } });
  return new PageServer(`http://127.0.0.1:${proxy.port}`, requests);
}

async function fileOf(folders: PageServerOptions['folders'], path: string): Promise<Buffer | undefined> {
  const entry = Object.entries(folders).find(([prefix]) => path.startsWith(prefix));
  if (entry === undefined) return undefined;
  const [prefix, folder] = entry;
  try {
    return await readFile(join(folder, path.slice(prefix.length)));
  } catch {
    return undefined;
  }
}

// What somebody who does not know libnbd reads first of the calls that are used most: a sentence, and an example. A test runs each example,
// with a handle `nbd` and servers at the URIs. The form that fills a buffer of the caller's has the name of its method.

export interface Introduction {
  sentence: string;
  example: string;
}

const introduction = (sentence: string, ...example: string[]): Introduction => ({ sentence, example: example.join('\n') });

const blockStatus =
  'Asks which ranges of the disk have data and which are holes. Ask for `base:allocation` first, by ' +
  '{@link NBD.addMetaContext | addMetaContext} before connecting. `extents()` is the easy way to the same';

export const introductions: Readonly<Record<string, Introduction>> = {
  connect_uri: introduction(
    'Connects to a server, and to one of its exports (its disks), by a URI.',
    "await nbd.connectUri('nbd://localhost/disk'); // host, and the name of the export",
  ),
  connect_tcp: introduction(
    'Connects to a server by TCP, in Node. A page goes through a proxy: `connectUri` with a `ws:` URL.',
    "await nbd.connectTcp('localhost', '10809');",
  ),
  connect_unix: introduction(
    'Connects to a server of this machine by the path of its Unix socket, in Node.',
    "await nbd.connectUnix('/run/nbd.sock');",
  ),
  connect_socket: introduction(
    'Connects over a socket that you bring: of Node, of a page, or an object of your own.',
    "import { connect } from 'node:net';",
    "await nbd.connectSocket(connect(10809, 'localhost'));",
  ),
  connect_command: introduction(
    'Starts a server of its own and connects to it by its standard input and output, in Node. The server ends with the handle.',
    "await nbd.connectCommand(['nbdkit', '-s', '--exit-with-parent', 'memory', '1G']);",
  ),
  connect_systemd_socket_activation: introduction(
    'Starts a server of its own and hands it a listening socket, in Node: the way for qemu-nbd. The server ends with the handle.',
    "await nbd.connectSystemdSocketActivation(['qemu-nbd', '-r', '-f', 'qcow2', 'vm.qcow2']);",
  ),
  set_export_name: introduction(
    'Chooses which disk of the server to use, by name, before connecting. A URI can do the same.',
    "nbd.setExportName('disk');",
    "await nbd.connectTcp('localhost', '10809');",
  ),
  set_tls: introduction(
    'Says whether the connection must be encrypted, before connecting. `nbds:` URIs do so by themselves.',
    'nbd.setTls(TLS_REQUIRE);',
    "nbd.setTlsCertificates('/etc/pki/libnbd');",
  ),
  set_tls_certificates: introduction(
    'Names the folder with the certificates of TLS, in Node. `setTlsCredentials` takes them from memory.',
    "nbd.setTlsCertificates('/etc/pki/libnbd'); // ca-cert.pem, client-cert.pem, client-key.pem",
  ),
  add_meta_context: introduction(
    'Asks the server for a kind of knowledge about ranges of the disk, before connecting. Without one, there is no block status.',
    'nbd.addMetaContext(CONTEXT_BASE_ALLOCATION); // which ranges have data, and which are holes',
    "await nbd.connectUri('nbd://localhost/disk');",
    'for await (const { offset, length, flags } of nbd.extents()) console.log(offset, length, flags);',
  ),
  set_opt_mode: introduction(
    'Makes connecting stop before an export is chosen, so that the exports can be listed.',
    'nbd.setOptMode(true);',
    "await nbd.connectUri('nbd://localhost');",
    'await nbd.optList((name, description) => console.log(name, description));',
    'await nbd.optAbort();',
  ),
  opt_list: introduction(
    'Lists the exports of the server. Call it after {@link NBD.setOptMode | setOptMode} and connecting.',
    'await nbd.optList((name, description) => console.log(name, description));',
  ),
  opt_go: introduction(
    'Chooses the export and ends the negotiation: reads and writes can follow.',
    "nbd.setExportName('disk');",
    'await nbd.optGo();',
  ),
  get_size: introduction('The size of the disk, in bytes, as a bigint.', 'console.log(nbd.getSize()); // 1073741824n'),
  get_block_size: introduction(
    'What sizes of requests the server takes: the least, the best, the most.',
    'const least = nbd.getBlockSize(SIZE_MINIMUM); // 512n, or 0n where the server says nothing',
  ),
  is_read_only: introduction(
    'Whether the server refuses writes to this disk.',
    "if (nbd.isReadOnly()) console.log('no writes here');",
  ),
  get_uri: introduction(
    'The URI of the connection that there is, to show it or to open another.',
    'console.log(nbd.getUri()); // nbd://localhost/disk',
  ),
  pread: introduction(
    'Reads bytes of the disk, all of them or none.',
    'const sector = await nbd.pread(512, 0); // a Uint8Array with the first 512 bytes',
  ),
  preadInto: introduction(
    'Reads bytes of the disk into a buffer that you bring.',
    'const sector = new Uint8Array(512);',
    'await nbd.preadInto(sector, 0);',
  ),
  pwrite: introduction(
    'Writes bytes to the disk. They are safe from a power cut after the next {@link NBD.flush | flush}.',
    "await nbd.pwrite(new TextEncoder().encode('hello'), 4096);",
    'await nbd.flush();',
  ),
  flush: introduction('Makes the server put all that was written on stable storage.', 'if (nbd.canFlush()) await nbd.flush();'),
  zero: introduction(
    'Makes a range of the disk read as zeroes, without sending them.',
    'await nbd.zero(2 ** 20, 0, { flags: CMD_FLAG_NO_HOLE }); // and keeps the space allocated',
  ),
  trim: introduction(
    'Tells the server that a range of the disk is not needed any more. What is read there afterwards is anything: see `zero`.',
    'if (nbd.canTrim()) await nbd.trim(2 ** 20, 0);',
  ),
  block_status: introduction(
    `${blockStatus}, and \`blockStatus64\` has no limit of 4 GiB.`,
    'await nbd.blockStatus(2 ** 20, 0, (metacontext, offset, entries) => {',
    '  for (let i = 0; i < entries.length; i += 2) console.log(metacontext, entries[i], entries[i + 1]); // length, flags',
    '});',
  ),
  block_status_64: introduction(
    `${blockStatus}.`,
    'await nbd.blockStatus64(2 ** 20, 0, (metacontext, offset, entries) => {',
    '  for (const { length, flags } of entries) console.log(metacontext, length, flags);',
    '});',
  ),
  shutdown: introduction(
    'Says goodbye to the server and waits until what was asked for is done. Close the handle afterwards.',
    'await nbd.shutdown();',
    'nbd.close();',
  ),
};

// What a handshake brings, by the server's and the client's settings, and how it fails.
import { call, connect, type Script, type Step } from '../script.js';

const known: Step[] = [
  call('get_protocol'),
  call('get_size'),
  call('get_structured_replies_negotiated'),
  call('get_tls_negotiated'),
  call('get_canonical_export_name'),
  call('get_export_description'),
  call('get_block_size', 0),
  call('get_block_size', 1),
  call('get_block_size', 2),
  call('can_df'),
  call('can_meta_context', 'base:allocation'),
];

export const handshakes: Script[] = [
  ...['--oldstyle', '--mask-handshake=0', '--mask-handshake=1', '--mask-handshake=2', '--no-sr'].map((option) => ({
    name: `nbdkit ${option}`,
    server: [option, 'memory', '1M'],
    steps: [call('add_meta_context', 'base:allocation'), connect, ...known],
  })),
  { name: 'without metadata contexts', server: ['memory', '1M'], steps: [connect, ...known] },
  {
    name: 'with all information',
    server: ['--filter=exportname', 'memory', '1M', 'exportname=a', 'exportdesc=fixed:a disk', 'default-export=a'],
    steps: [call('set_full_info', true), connect, ...known],
  },
  {
    name: 'without structured replies',
    server: ['memory', '1M'],
    steps: [call('set_request_structured_replies', false), call('add_meta_context', 'base:allocation'), connect, ...known],
  },
  {
    name: 'with block size constraints',
    server: [
      '--filter=blocksize-policy',
      'memory',
      '1M',
      'blocksize-minimum=1024',
      'blocksize-preferred=8192',
      'blocksize-maximum=1M',
    ],
    steps: [connect, ...known, call('get_block_size', 17)],
  },
  {
    name: 'without asking for block size constraints',
    server: ['--filter=blocksize-policy', 'memory', '1M', 'blocksize-minimum=1024'],
    steps: [call('set_request_block_size', false), connect, call('get_block_size', 0)],
  },
  {
    name: 'an export that is not there',
    server: ['--filter=exportname', 'memory', '1M', 'exportname=a', 'exportname-strict=true'],
    steps: [call('set_export_name', 'b'), connect, call('aio_is_dead'), call('aio_is_closed'), ...known, call('shutdown')],
  },
  {
    name: 'a name that is not ASCII',
    server: ['--filter=exportname', 'memory', '1M', 'exportname=größe', 'exportname-strict=true'],
    steps: [call('set_export_name', 'größe'), connect, call('get_size'), call('get_export_name')],
  },
  {
    name: 'an export that is not there, its name not ASCII',
    server: ['--filter=exportname', 'memory', '1M', 'exportname=a', 'exportname-strict=true'],
    steps: [call('set_export_name', 'größe\n'), connect],
  },
  {
    name: 'an export that is not there, plain newstyle',
    server: ['--mask-handshake=0', '--filter=exportname', 'memory', '1M', 'exportname=a', 'exportname-strict=true'],
    steps: [call('set_export_name', 'b'), connect, call('aio_is_dead'), call('aio_is_closed')],
  },
  {
    name: 'TLS required by the server',
    server: ['--tls=require', '--tls-psk=/dev/null', 'memory', '1M'],
    steps: [connect, call('aio_is_dead')],
  },
  { name: 'the URI of a socket that was handed over', server: ['memory', '1M'], steps: [connect, call('get_uri')] },
];

// The other ways to connect, and how they fail: Unix sockets, TCP, commands, URIs.
//
// A TCP connection that is refused is not compared. Natively this machine refuses within the call, and the handle is as new;
// here it is as natively with another machine: the refusal comes later, and the handle dies of it.
import { call, type Script, type Step } from '../script.js';

const after: Step[] = [call('aio_is_created'), call('aio_is_dead'), call('aio_is_closed'), call('pread', 4, 0)];
const nbdkit = ['nbdkit', '--single', '--exit-with-parent'];

const failing: [string, Step][] = [
  ['a Unix socket that is not there', call('connect_unix', '/nonexistent/socket')],
  ['a path that is too long for a Unix socket', call('connect_unix', `/${'x'.repeat(200)}`)],
  ['a service that is not known', call('connect_tcp', '127.0.0.1', 'nosuchservice')],
  ['a command that is not there', call('connect_command', ['/nonexistent/command'])],
  ['a command without a name', call('connect_command', [])],
  ['a command that serves nothing', call('connect_command', ['true'])],
  ['a command that says something else', call('connect_command', ['echo', 'this is not the NBD protocol at all'])],
  ['no command at all, by socket activation', call('connect_systemd_socket_activation', [])],
];

const uris = [
  '',
  'nbd',
  'nbd:',
  'http://localhost/',
  'nbd://localhost:1:2/',
  'nbd+unix:///',
  'nbd+unix:///name',
  'nbd+unix:///?socket=/nonexistent/socket',
  'nbd+unix://localhost/?socket=/nonexistent/socket',
  'nbd+unix:///?socket=/nonexistent/socket&tls-certificates=/nonexistent',
  'nbds+unix:///?socket=/nonexistent/socket&tls-psk-file=/nonexistent',
  'nbd+nosuch://localhost/',
];

export const connecting: Script[] = [
  ...failing.map(([name, step]) => ({ name, steps: [step, ...after] })),
  ...uris.map((uri) => ({ name: `the URI '${uri}'`, steps: [call('connect_uri', uri), ...after] })),
  {
    name: 'URIs that are not allowed',
    steps: [
      call('set_uri_allow_transports', 1),
      call('connect_uri', 'nbd+unix:///?socket=/nonexistent/socket'),
      call('set_uri_allow_transports', 2),
      call('connect_uri', 'nbd://localhost/'),
      call('set_uri_allow_tls', 0),
      call('connect_uri', 'nbds+unix:///?socket=/nonexistent/socket'),
      call('set_uri_allow_tls', 2),
      call('connect_uri', 'nbd+unix:///?socket=/nonexistent/socket'),
      ...after,
    ],
  },
  {
    name: 'a command that serves',
    steps: [
      call('connect_command', [...nbdkit, 'pattern', '1M']),
      call('pread', 16, 8),
      call('get_uri'),
      call('kill_subprocess', -1),
      call('shutdown'),
      call('aio_is_closed'),
    ],
  },
];

// Arguments that libnbd looks at before anything else. Each test has the name of upstream's, in tests/.
import { HANDSHAKE_FLAG_MASK, TLS_DISABLE, TLS_REQUIRE } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { failure, nbdError, newHandle } from '../support/handles.js';

test('errors-enum', async () => {
  const nbd = await newHandle();
  expect(await nbdError(() => nbd.setTls(TLS_REQUIRE + 1))).toMatchObject({
    message: 'nbd_set_tls: tls: invalid value for parameter: 3: Invalid argument',
    code: 'EINVAL',
  });
  expect(nbd.getTls()).toBe(TLS_DISABLE);
});

test('errors-bitmask', async () => {
  const nbd = await newHandle();
  expect(await nbdError(() => nbd.setHandshakeFlags(HANDSHAKE_FLAG_MASK + 1))).toMatchObject({
    message: 'nbd_set_handshake_flags: flags: invalid value for flag: 0x4: Invalid argument',
    code: 'EINVAL',
  });
  expect(nbd.getHandshakeFlags()).toBe(HANDSHAKE_FLAG_MASK);
});

test('errors-name-too-long', async () => {
  const nbd = await newHandle();
  nbd.setExportName('a'.repeat(4096));
  expect(await nbdError(() => nbd.setExportName('a'.repeat(4097)))).toMatchObject({
    message: 'nbd_set_export_name: export name too long for NBD protocol: Filename too long',
    code: 'ENAMETOOLONG',
    errno: 36,
  });
  expect(nbd.getExportName().length).toBe(4096);

  // It is bytes that count.
  expect((await nbdError(() => nbd.setExportName('ü'.repeat(2049)))).code).toBe('ENAMETOOLONG');
  expect((await nbdError(() => nbd.addMetaContext('a'.repeat(4097)))).message).toBe(
    'nbd_add_meta_context: meta context name too long for NBD protocol: Filename too long',
  );
});

test('errors-connect-null', async () => {
  const nbd = await newHandle();
  expect(await failure(nbd.connectCommand(null as unknown as string[]))).toBeInstanceOf(TypeError);
  expect(await nbdError(nbd.connectCommand([]))).toMatchObject({
    message: 'nbd_connect_command: missing command name in argv list: Invalid argument',
    code: 'EINVAL',
  });
  expect(nbd.aioIsCreated()).toBe(true);
});

test('socket activation names are short and alphanumeric', async () => {
  const nbd = await newHandle();
  expect((await nbdError(() => nbd.setSocketActivationName('a'.repeat(33)))).message).toBe(
    'nbd_set_socket_activation_name: socket activation name should be <= 32 characters: Filename too long',
  );
  expect((await nbdError(() => nbd.setSocketActivationName('a:b'))).message).toBe(
    'nbd_set_socket_activation_name: socket activation name should contain only alphanumeric ASCII characters: Invalid argument',
  );
});

// URIs, as far as the command line reads them itself.

/** An NBD URI by libnbd's rule, or the URL of a WebSocket; everything else is a file's name. */
export const isUri = (word: string): boolean => /^(nbds?(\+(unix|ssh|vsock))?|wss?):\/\//i.test(word);

/** For an error that others read too. What follows the `?` of a WebSocket's URL may be a token. */
export const withoutPassword = (uri: string): string =>
  uri.replace(/^([^:]+:\/\/[^/?#@:]*):[^/?#@]*@/, '$1:…@').replace(/^(wss?:[^?]*\?).*/is, '$1…');

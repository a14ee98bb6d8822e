/* One client's end of TLS over memory: Mbed TLS behind a few calls. src/tls/session.ts makes an instance of the module for each
 * connection, and forgets it after, so there is one session, and what a hostile server does to the memory reaches no other.
 *
 * Nothing waits: a call that needs bytes which have not come returns WANT.
 */
#include <mbedtls/platform_time.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "imports.h"

/* Beside the negative error codes of Mbed TLS and, of a read, counts of bytes. */
#define WANT 0x7fffffff
#define END 0x7ffffffe  /* the server has said that it sends no more */
#define CUT 0x7ffffffd  /* the connection has ended without that word */

static mbedtls_ssl_context ssl;
static mbedtls_ssl_config conf;
static mbedtls_x509_crt ca, own;
static mbedtls_x509_crl crl;
static mbedtls_pk_context own_key;

/* The address that the certificate must be for, until Mbed TLS may know it. */
static char *address;

/* What ended the session. Mbed TLS may not be asked to read after an error: it would go on behind a record that was not authentic. */
static int failure;

/* TLS 1.3: the traffic secrets of the client's records and of the server's. */
static uint8_t secrets[2][48];
static size_t secret_len;

/* --- what Mbed TLS wants of a platform --- */

static int
rng (void *arg, unsigned char *buf, size_t len)
{
  tls_random (buf, len);
  return 0;
}

psa_status_t
mbedtls_psa_external_get_random (mbedtls_psa_external_random_context_t *context, uint8_t *output, size_t size, size_t *length)
{
  tls_random (output, size);
  *length = size;
  return PSA_SUCCESS;
}

mbedtls_ms_time_t
mbedtls_ms_time (void)
{
  return (mbedtls_ms_time_t)tls_now ();
}

/* The C library's own would ask for a clock of WASI's. */
time_t
time (time_t *t)
{
  time_t now = (time_t)(tls_now () / 1000);

  if (t)
    *t = now;
  return now;
}

static int
bio_send (void *arg, const unsigned char *buf, size_t len)
{
  tls_send (buf, len);
  return (int)len;
}

/* Mbed TLS drops a ChangeCipherSpec of TLS 1.3 whenever it comes. After the handshake it is an error (RFC 8446, 5). */
static int
is_late_change (const unsigned char *buf)
{
  return buf == ssl.MBEDTLS_PRIVATE (in_hdr) && buf[0] == MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC && mbedtls_ssl_is_handshake_over (&ssl);
}

static int
bio_receive (void *arg, unsigned char *buf, size_t len)
{
  int n = tls_receive (buf, len);

  if (n > 0 && is_late_change (buf)) {
    mbedtls_ssl_send_alert_message (&ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
    return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
  }
  return n > 0 ? n : n == 0 ? MBEDTLS_ERR_SSL_WANT_READ : 0;
}

static void
on_secret (void *arg, mbedtls_ssl_key_export_type type, const unsigned char *secret, size_t len, const unsigned char client[32],
           const unsigned char server[32], mbedtls_tls_prf_types prf)
{
  int side;

  switch (type) {
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET: side = 0; break;
  case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET: side = 1; break;
  default: return;
  }
  if (len > sizeof secrets[side])
    return;
  memcpy (secrets[side], secret, len);
  secret_len = len;
}

/* RSA-PKCS1 stands before RSA-PSS: a server of TLS 1.2 may choose the first that is offered, and Mbed TLS does not take RSA-PSS from it
 * there. TLS 1.3 has no choice but RSA-PSS.
 */
static const uint16_t signatures[] = {
  MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
  MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
  MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
  MBEDTLS_TLS1_3_SIG_NONE,
};

/* Whatever is wrong with the server's own certificate, the user may want to know whose it is. Nothing is decided here. */
static int
on_certificate (void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
  const mbedtls_x509_sequence *name;

  if (depth > 0 || *flags == 0)
    return 0;
  for (name = &crt->subject_alt_names; name != NULL && name->buf.p != NULL; name = name->next) {
    int type = name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    if (type == MBEDTLS_X509_SAN_DNS_NAME || type == MBEDTLS_X509_SAN_IP_ADDRESS)
      tls_on_certificate_name (type == MBEDTLS_X509_SAN_IP_ADDRESS, name->buf.p, name->buf.len);
  }
  return 0;
}

/* --- the session's settings: each is 0 or an error; PEM ends with a null character, which its length counts --- */

int
nbd_tls_begin (int verify)
{
  int r;

  if (psa_crypto_init () != PSA_SUCCESS)
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  mbedtls_ssl_init (&ssl);
  mbedtls_ssl_config_init (&conf);
  mbedtls_x509_crt_init (&ca);
  mbedtls_x509_crt_init (&own);
  mbedtls_x509_crl_init (&crl);
  mbedtls_pk_init (&own_key);
  r = mbedtls_ssl_config_defaults (&conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (r)
    return r;
  mbedtls_ssl_conf_rng (&conf, rng, NULL);
  mbedtls_ssl_conf_authmode (&conf, verify ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_verify (&conf, on_certificate, NULL);
  mbedtls_ssl_conf_sig_algs (&conf, signatures);
  mbedtls_ssl_conf_tls13_key_exchange_modes (&conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
  return 0;
}

int
nbd_tls_set_ca (const uint8_t *pem, size_t len)
{
  int r = mbedtls_x509_crt_parse (&ca, pem, len);

  mbedtls_ssl_conf_ca_chain (&conf, &ca, crl.version ? &crl : NULL);
  return r;
}

int
nbd_tls_set_crl (const uint8_t *pem, size_t len)
{
  int r = mbedtls_x509_crl_parse (&crl, pem, len);

  mbedtls_ssl_conf_ca_chain (&conf, &ca, &crl);
  return r;
}

int
nbd_tls_set_cert (const uint8_t *pem, size_t len)
{
  return mbedtls_x509_crt_parse (&own, pem, len);
}

/* After the certificate whose key it is. */
int
nbd_tls_set_key (const uint8_t *pem, size_t len)
{
  int r = mbedtls_pk_parse_key (&own_key, pem, len, NULL, 0, rng, NULL);

  if (r == 0 && mbedtls_pk_check_pair (&own.pk, &own_key, rng, NULL) != 0)
    r = MBEDTLS_ERR_PK_TYPE_MISMATCH; /* one for all that it can fail with */
  return r ? r : mbedtls_ssl_conf_own_cert (&conf, &own, &own_key);
}

/* The key is then the proof of who the server is, and there are no certificates. */
int
nbd_tls_set_psk (const uint8_t *psk, size_t psk_len, const uint8_t *identity, size_t identity_len)
{
  mbedtls_ssl_conf_tls13_key_exchange_modes (&conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
  return mbedtls_ssl_conf_psk (&conf, psk, psk_len, identity, identity_len);
}

/* Writes the first message. `suites`: IANA's numbers in the order of preference, ended by a 0; they stay where they are.
 * `name`: what the certificate must be for; NULL for any name. The server is told the name, unless it is an address (RFC 6066).
 */
int
nbd_tls_start (const int *suites, const char *name, int is_address)
{
  int r;

  mbedtls_ssl_conf_ciphersuites (&conf, suites);
  r = mbedtls_ssl_setup (&ssl, &conf);
  if (is_address) {
    address = strdup (name);
    if (address == NULL)
      return failure = MBEDTLS_ERR_SSL_ALLOC_FAILED;
  }
  if (r == 0)
    r = mbedtls_ssl_set_hostname (&ssl, is_address ? NULL : name);
  mbedtls_ssl_set_bio (&ssl, NULL, bio_send, bio_receive, NULL);
  mbedtls_ssl_set_export_keys_cb (&ssl, on_secret, NULL);
  while (r == 0 && ssl.MBEDTLS_PRIVATE (state) != MBEDTLS_SSL_SERVER_HELLO)
    r = mbedtls_ssl_handshake_step (&ssl);
  return failure = r;
}

/* Whether a first message may still be written: the server may ask for a second one (HelloRetryRequest). */
static int
is_greeting (void)
{
  switch (ssl.MBEDTLS_PRIVATE (state)) {
  case MBEDTLS_SSL_HELLO_REQUEST:
  case MBEDTLS_SSL_CLIENT_HELLO:
  case MBEDTLS_SSL_SERVER_HELLO:
  case MBEDTLS_SSL_CLIENT_CCS_BEFORE_2ND_CLIENT_HELLO:
  case MBEDTLS_SSL_CLIENT_CCS_AFTER_CLIENT_HELLO: return 1;
  default: return 0;
  }
}

/* Mbed TLS has one name for what it tells the server and for what it looks for in the certificate, and an address is only the latter. So it
 * learns of an address in the first state behind the greeting: in both versions one that comes before the certificate.
 */
static int
handshake_with_address (void)
{
  int r = 0;

  while (r == 0 && is_greeting ())
    r = mbedtls_ssl_handshake_step (&ssl);
  if (r == 0)
    r = mbedtls_ssl_set_hostname (&ssl, address);
  if (r == 0) {
    free (address);
    address = NULL;
  }
  return r;
}

/* --- the session --- */

/* 0 when the server is verified and the handshake is over; WANT; or an error. */
int
nbd_tls_handshake (void)
{
  int r = 0;

  if (failure)
    return failure;
  if (address)
    r = handshake_with_address ();
  if (r == 0)
    r = mbedtls_ssl_handshake (&ssl);
  if (r == MBEDTLS_ERR_SSL_WANT_READ)
    return WANT;
  return failure = r == MBEDTLS_ERR_SSL_CONN_EOF ? CUT : r;
}

/* Reads whole records, as many as there are and fit. */
int
nbd_tls_read (uint8_t *buf, size_t len)
{
  size_t done = 0;

  while (failure == 0 && len - done >= MBEDTLS_SSL_IN_CONTENT_LEN) {
    int r = mbedtls_ssl_read (&ssl, buf + done, len - done);
    if (r > 0)
      done += r;
    else if (r == MBEDTLS_ERR_SSL_WANT_READ)
      return done > 0 ? (int)done : WANT;
    else
      failure = r == 0 || r == MBEDTLS_ERR_SSL_CONN_EOF ? CUT : r == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? END : r;
  }
  return done > 0 ? (int)done : failure; /* the next call tells the failure */
}

int
nbd_tls_write (const uint8_t *buf, size_t len)
{
  size_t done = 0;

  while (done < len) {
    int r = mbedtls_ssl_write (&ssl, buf + done, len - done);
    if (r < 0)
      return r;
    done += r;
  }
  return 0;
}

/* The goodbye. */
int
nbd_tls_close_notify (void)
{
  return mbedtls_ssl_close_notify (&ssl);
}

/* --- what there is to know of it --- */

int
nbd_tls_suite (void)
{
  return mbedtls_ssl_get_ciphersuite_id_from_ssl (&ssl);
}

/* Why the certificate was refused: MBEDTLS_X509_BADCERT_… and BADCRL_…; all bits where there was none to look at. */
uint32_t
nbd_tls_verify_result (void)
{
  return mbedtls_ssl_get_verify_result (&ssl);
}

/* The number of the alert, after MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE. */
int
nbd_tls_alert (void)
{
  return ssl.MBEDTLS_PRIVATE (in_msg)[1];
}

/* Whether something is left of the last message of the handshake, which the next keys may not follow (RFC 8446, 5.1). */
int
nbd_tls_has_rest (void)
{
  return mbedtls_ssl_check_pending (&ssl);
}

/* TLS 1.3: the length of each secret, which are here one after the other in 48 bytes each; 0 for TLS 1.2. */
size_t
nbd_tls_secret_length (void)
{
  return mbedtls_ssl_get_version_number (&ssl) == MBEDTLS_SSL_VERSION_TLS1_3 ? secret_len : 0;
}

const uint8_t *
nbd_tls_secrets (void)
{
  return secrets[0];
}

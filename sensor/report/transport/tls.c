/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/tls.h"

#include "report/transport/early.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

/* Nobody sits at a terminal to be asked. */
static int no_password(char *out, int size, int writing, void *context) {
    return -1;
}

static const char *last_reason(void) {
    unsigned long code = ERR_peek_last_error();
    const char *text =
        ERR_GET_LIB(code) == ERR_LIB_SYS ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    return text ? text : "unknown reason";
}

static FILE *open_pem(const char *what, const char *path, struct error *e) {
    FILE *f = early_read(path);
    if (!f)
        error_set(e, "cannot read %s %s: %s; check the path and its permissions", what, path,
                  strerror(errno));
    return f;
}

/* Each certificate of the file to the authorities, or to the chain behind our own; how many. */
static size_t read_certificates(SSL_CTX *c, FILE *f, bool authority) {
    size_t n = 0;
    X509 *x;
    while ((x = PEM_read_X509(f, NULL, NULL, NULL))) {
        long ok =
            authority ? X509_STORE_add_cert(SSL_CTX_get_cert_store(c), x) : SSL_CTX_add1_chain_cert(c, x);
        n += ok == 1;
        X509_free(x);
    }
    return n;
}

static bool load_authorities(SSL_CTX *c, const char *path, struct error *e) {
    if (!path)
        return SSL_CTX_set_default_verify_paths(c) == 1 ||
               error_set(e, "the system's certificate authorities cannot be loaded; name a file with ca");
    FILE *f = open_pem("the authorities in", path, e);
    if (!f)
        return false;
    size_t n = read_certificates(c, f, true);
    fclose(f);
    return n > 0 || error_set(e, "%s holds no certificate of an authority in PEM: %s", path, last_reason());
}

static bool load_certificate(SSL_CTX *c, const char *path, struct error *e) {
    FILE *f = open_pem("the certificate", path, e);
    if (!f)
        return false;
    X509 *own = PEM_read_X509_AUX(f, NULL, no_password, NULL);
    bool ok = own && SSL_CTX_use_certificate(c, own) == 1;
    if (!ok)
        error_set(e, "%s holds no certificate in PEM: %s", path, last_reason());
    else
        read_certificates(c, f, false);
    X509_free(own);
    fclose(f);
    return ok;
}

static bool load_key(SSL_CTX *c, const char *path, const char *certificate, struct error *e) {
    FILE *f = open_pem("the key", path, e);
    if (!f)
        return false;
    ERR_clear_error();
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, no_password, NULL);
    fclose(f);
    bool ok = key && SSL_CTX_use_PrivateKey(c, key) == 1 && SSL_CTX_check_private_key(c) == 1;
    if (!key)
        error_set(e, "%s holds no private key in PEM without a password: %s", path, last_reason());
    else if (!ok)
        error_set(e, "%s is not the key of %s", path, certificate);
    EVP_PKEY_free(key);
    return ok;
}

static bool load_files(SSL_CTX *c, const struct output_config *o, const char **key, struct error *e) {
    *key = "ca";
    if (!load_authorities(c, o->ca, e))
        return false;
    *key = "certificate";
    if (o->key && !o->certificate)
        return error_set(e, "is missing, and there is a key; name the certificate that belongs to it");
    if (!o->certificate)
        return true;
    if (!load_certificate(c, o->certificate, e))
        return false;
    *key = "key";
    if (!o->key)
        return error_set(e, "is missing, and there is a certificate; name the file with its key");
    return load_key(c, o->key, o->certificate, e);
}

SSL_CTX *tls_context(const struct output_config *o, const char **key, struct error *e) {
    ERR_clear_error();
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    *key = "ca";
    if (!c) {
        error_set(e, "out of memory");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(c, no_password);
    if (!load_files(c, o, key, e)) {
        SSL_CTX_free(c);
        c = NULL;
    }
    ERR_clear_error();
    return c;
}

SSL *tls_session(SSL_CTX *context, int fd, const char *name) {
    uint8_t address[16];
    SSL *s = SSL_new(context);
    if (!s)
        return NULL;
    bool number = inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
    SSL_set_hostflags(s, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    /* RFC 6066 section 3: addresses are not sent as server names. */
    bool good = number ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s), name) == 1
                       : SSL_set1_host(s, name) == 1 && SSL_set_tlsext_host_name(s, name) == 1;
    if (good && SSL_set_fd(s, fd) == 1) {
        SSL_set_connect_state(s);
        return s;
    }
    SSL_free(s);
    return NULL;
}

void tls_reason(const SSL *ssl, char *out, size_t size) {
    int saved = errno;
    long verified = SSL_get_verify_result(ssl);
    unsigned long code = ERR_peek_error();
    if (verified != X509_V_OK)
        snprintf(out, size, "its certificate is refused: %s", X509_verify_cert_error_string(verified));
    else if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        snprintf(out, size, "the connection ended without the goodbye of TLS");
    else if (code)
        snprintf(out, size, "TLS failed: %s",
                 ERR_reason_error_string(code) ? ERR_reason_error_string(code) : "?");
    else
        snprintf(out, size, "the connection broke: %s", saved ? strerror(saved) : "unexpected end");
    ERR_clear_error();
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_REPORT_PEER_H
#define GANTRY_TESTS_REPORT_PEER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A receiver of the tests' own, plain or TLS, that does as it is told, in the test's own thread. */
struct peer {
    int listener, fd;
    SSL_CTX *context; /* NULL: plain */
    SSL *ssl;
    struct sockaddr_in address;
    char said[1 << 20]; /* what the client said since the connection began */
    size_t size;
    bool ended;
    int connections;
};

static inline void peer_listen(struct peer *p) {
    socklen_t n = sizeof p->address;
    *p = (struct peer){.fd = -1,
                       .address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(p->listener, (struct sockaddr *)&p->address, n) != 0 || listen(p->listener, 5) != 0)
        perror("listen");
    getsockname(p->listener, (struct sockaddr *)&p->address, &n);
}

static inline void peer_accept(struct peer *p) {
    p->fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK);
    if (p->fd < 0)
        return;
    p->size = 0;
    p->ended = false;
    p->connections++;
    if (p->context) {
        p->ssl = SSL_new(p->context);
        SSL_set_fd(p->ssl, p->fd);
        SSL_set_accept_state(p->ssl);
    }
}

static inline void peer_step(struct peer *p) {
    size_t n = 0, room = sizeof p->said - 1 - p->size;
    if (p->fd < 0)
        peer_accept(p);
    if (p->fd < 0)
        return;
    if (p->ssl) {
        int result = SSL_read_ex(p->ssl, p->said + p->size, room, &n);
        p->ended |= result != 1 && SSL_get_error(p->ssl, result) == SSL_ERROR_ZERO_RETURN;
    } else {
        ssize_t got = recv(p->fd, p->said + p->size, room, 0);
        n = got > 0 ? (size_t)got : 0;
        p->ended |= got == 0;
    }
    p->size += n;
    p->said[p->size] = '\0';
}

static inline void peer_say(struct peer *p, const char *text) {
    if (p->ssl)
        SSL_write(p->ssl, text, (int)strlen(text));
    else if (send(p->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        perror("send");
}

/* Takes leave: with TLS's goodbye or without; or resets. */
enum peer_end { PEER_GOODBYE, PEER_SILENT, PEER_RESET };

static inline void peer_end(struct peer *p, enum peer_end how) {
    struct linger now = {1, 0};
    if (p->fd < 0)
        return;
    if (p->ssl && how == PEER_GOODBYE)
        SSL_shutdown(p->ssl);
    if (how == PEER_RESET)
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    SSL_free(p->ssl);
    p->ssl = NULL;
    close(p->fd);
    p->fd = -1;
}

static inline void peer_close(struct peer *p) {
    peer_end(p, PEER_SILENT);
    SSL_CTX_free(p->context);
    close(p->listener);
}

/* --- certificates: an authority that vouches for itself, and what it signs --- */

struct identity {
    X509 *certificate;
    EVP_PKEY *key;
};

static inline void identity_extend(X509 *c, int what, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, c, c, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, what, value);
    X509_add_ext(c, e, -1);
    X509_EXTENSION_free(e);
}

/* `names` as openssl has them ("DNS:siem.example"), NULL for an authority; `until` in seconds from now. */
static inline struct identity identity_make(const char *names, const struct identity *signer, long until) {
    struct identity i = {X509_new(), EVP_EC_gen("P-256")};
    static long serial = 1;
    X509_NAME *name = X509_get_subject_name(i.certificate);
    X509_set_version(i.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(i.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(i.certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(i.certificate), until);
    X509_set_pubkey(i.certificate, i.key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)(names ? "leaf" : "authority"), -1,
                               -1, 0);
    X509_set_issuer_name(i.certificate, signer ? X509_get_subject_name(signer->certificate) : name);
    if (names)
        identity_extend(i.certificate, NID_subject_alt_name, names);
    else
        identity_extend(i.certificate, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(i.certificate, signer ? signer->key : i.key, EVP_sha256());
    return i;
}

static inline void identity_free(struct identity *i) {
    X509_free(i->certificate);
    EVP_PKEY_free(i->key);
}

/* FOLDER/NAME.pem and FOLDER/NAME.key; the key with a password if one is given. */
static inline void identity_write(const struct identity *i, const char *folder, const char *name,
                                  const char *password) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s.pem", folder, name);
    FILE *f = fopen(path, "w");
    PEM_write_X509(f, i->certificate);
    fclose(f);
    snprintf(path, sizeof path, "%s/%s.key", folder, name);
    f = fopen(path, "w");
    fchmod(fileno(f), 0600);
    PEM_write_PrivateKey(f, i->key, password ? EVP_aes_128_cbc() : NULL, (const uint8_t *)password,
                         password ? (int)strlen(password) : 0, NULL, NULL);
    fclose(f);
}

static inline SSL_CTX *identity_server(const struct identity *i) {
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(c, i->certificate);
    SSL_CTX_use_PrivateKey(c, i->key);
    return c;
}

#endif

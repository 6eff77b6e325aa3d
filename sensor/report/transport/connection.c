/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/connection.h"

#include "base/counter.h"
#include "report/transport/tls.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BEGIN_TIMEOUT (15 * NS_PER_S) /* to connect and shake hands */
#define PROVEN (1 * NS_PER_S)         /* an older connection's end is no failed attempt */
#define GOODBYE (2 * NS_PER_S)        /* from TLS's end to TCP's */
enum { SILENCE_MS = 120000, TLS_RECORD = 16384 };

enum state { CLOSED, CONNECTING, SHAKING, OPEN, LEAVING /* the receiver said TLS's goodbye */ };

struct connection {
    struct remote remote;
    const struct output_config *config;
    const char *name; /* expected in the certificate */
    SSL_CTX *context; /* NULL: plain */
    SSL *ssl;
    int fd;
    enum state state;
    enum connection_end end;
    time_ns since; /* when the state began */
    bool want_write, proven;
    bool finish, finished;
    uint64_t sent, acknowledged;
    size_t at, filled;
    uint8_t room[CONNECTION_ROOM];
};

/* --- its end --- */

static void end_connection(struct connection *c, enum connection_end how, const char *reason) {
    connection_acknowledged(c);
    if (c->state >= OPEN)
        c->end = how;
    if (c->state == SHAKING)
        counter_one(COUNTER_TLS_REFUSED);
    SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->fd = -1;
    c->state = CLOSED;
    c->at = c->filled = 0;
    if (!c->finished || how != CONNECTION_ORDERLY)
        remote_failed(&c->remote, reason);
}

static void end_errno(struct connection *c) {
    end_connection(c, CONNECTION_CUT, strerror(errno));
}

static void end_tls(struct connection *c) {
    char reason[160];
    tls_reason(c->ssl, reason, sizeof reason);
    end_connection(c, CONNECTION_CUT, reason);
}

/* Else the system would go on sending what it still has, for minutes, while the same is put again elsewhere:
 * it would come after what was put later. */
void connection_give_up(struct connection *c, const char *reason) {
    static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (c->fd < 0)
        return;
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    end_connection(c, CONNECTION_CUT, reason);
}

enum connection_end connection_take_end(struct connection *c) {
    enum connection_end how = c->end;
    c->end = CONNECTION_STANDS;
    if (how != CONNECTION_STANDS)
        c->sent = c->acknowledged = 0;
    return how;
}

/* --- its beginning --- */

static void enter_state(struct connection *c, enum state state) {
    c->state = state;
    c->since = clock_monotonic();
}

static void begin_attempt(struct connection *c) {
    c->fd = remote_connect(&c->remote, SOCK_STREAM);
    if (c->fd < 0)
        return;
    c->sent = c->acknowledged = 0;
    c->at = c->filled = 0;
    c->proven = c->finish = c->finished = c->want_write = false;
    enter_state(c, CONNECTING);
}

static void check_overdue(struct connection *c) {
    if (clock_monotonic() - c->since > BEGIN_TIMEOUT)
        end_connection(c, CONNECTION_CUT,
                       c->state == CONNECTING ? "it does not answer" : "TLS does not come about in time");
}

/* A receiver that is gone without a word is noticed after SILENCE_MS, with octets on their way or without. */
static void set_options(int fd) {
    int on = 1, idle = 60, interval = 15, silence = SILENCE_MS;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void finish_connect(struct connection *c) {
    struct pollfd fd = {.fd = c->fd, .events = POLLOUT};
    int error = 0;
    socklen_t n = sizeof error;
    if (poll(&fd, 1, 0) != 1) {
        check_overdue(c);
        return;
    }
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error) {
        end_connection(c, CONNECTION_CUT, strerror(error ? error : errno));
        return;
    }
    set_options(c->fd);
    if (c->context && !(c->ssl = tls_session(c->context, c->fd, c->name)))
        end_connection(c, CONNECTION_CUT, "no memory for TLS");
    else
        enter_state(c, c->ssl ? SHAKING : OPEN);
}

static void shake_hands(struct connection *c) {
    ERR_clear_error();
    errno = 0;
    int result = SSL_connect(c->ssl);
    int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, result);
    c->want_write = why == SSL_ERROR_WANT_WRITE;
    if (result == 1)
        enter_state(c, OPEN);
    else if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        check_overdue(c);
    else
        end_tls(c);
}

void connection_works(struct connection *c) {
    c->proven = true;
    remote_worked(&c->remote);
}

/* --- octets out --- */

/* Octets taken by the system, 0 when it takes none now, -1 when the connection ended. */
static ssize_t write_plain(struct connection *c) {
    ssize_t n = send(c->fd, c->room + c->at, c->filled - c->at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
        return n;
    if (errno == EINTR || errno == EAGAIN || errno == ENOBUFS)
        return 0;
    end_errno(c);
    return -1;
}

static ssize_t write_tls(struct connection *c) {
    size_t n = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(c->ssl, c->room + c->at, c->filled - c->at, &n);
    if (result == 1)
        return (ssize_t)n;
    int why = SSL_get_error(c->ssl, result);
    if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ)
        return 0;
    end_tls(c);
    return -1;
}

/* All is sent: TLS's goodbye, then TCP's end of this direction. */
static void say_goodbye(struct connection *c) {
    if (c->ssl && SSL_shutdown(c->ssl) < 0 && SSL_want_write(c->ssl))
        return;
    ERR_clear_error();
    shutdown(c->fd, SHUT_WR);
    c->finished = true;
}

static void flush_octets(struct connection *c) {
    while (c->at < c->filled) {
        ssize_t n = c->ssl ? write_tls(c) : write_plain(c);
        if (n <= 0)
            return;
        c->at += (size_t)n;
        c->sent += (uint64_t)n;
    }
    c->at = c->filled = 0;
    if (c->finish && !c->finished)
        say_goodbye(c);
}

bool connection_put(struct connection *c, struct bytes b) {
    if (c->state != OPEN || c->finish)
        return false;
    if (b.n > sizeof c->room - c->filled && c->at) {
        memmove(c->room, c->room + c->at, c->filled - c->at);
        c->filled -= c->at;
        c->at = 0;
    }
    if (b.n > sizeof c->room - c->filled)
        return false;
    memcpy(c->room + c->filled, b.p, b.n);
    c->filled += b.n;
    return true;
}

void connection_finish(struct connection *c) {
    if (c->state == OPEN)
        c->finish = true;
}

bool connection_ready(struct connection *c) {
    if (c->end != CONNECTION_STANDS)
        return false;
    if (c->state == CLOSED)
        begin_attempt(c);
    if (c->state == CONNECTING)
        finish_connect(c);
    if (c->state == SHAKING)
        shake_hands(c);
    if (c->state == OPEN)
        flush_octets(c);
    if (c->state == OPEN && !c->proven && clock_monotonic() - c->since > PROVEN)
        connection_works(c);
    return c->state == OPEN && !c->finish;
}

/* Linux tells how many octets the receiver's system has not acknowledged. Those of TLS are more than ours,
 * and of a record that is acknowledged in part nothing counts. */
uint64_t connection_acknowledged(struct connection *c) {
    int left = 0;
    if (c->state < OPEN || ioctl(c->fd, SIOCOUTQ, &left) != 0 || left < 0)
        return c->acknowledged;
    uint64_t out = left == 0 ? 0 : (uint64_t)left + (c->ssl ? TLS_RECORD : 0);
    if (c->sent > out && c->sent - out > c->acknowledged)
        c->acknowledged = c->sent - out;
    return c->acknowledged;
}

const char *connection_trouble(const struct connection *c) {
    const char *reason = remote_trouble(&c->remote);
    return reason ? reason : c->state == OPEN ? NULL : "it is being connected";
}

bool connection_all_acknowledged(struct connection *c) {
    return c->at == c->filled && connection_acknowledged(c) == c->sent;
}

/* --- octets in --- */

/* Nothing but TCP's end may follow; a reset means that the receiver left octets unread. */
static void wait_for_end(struct connection *c) {
    char nothing[512];
    ssize_t n;
    while ((n = recv(c->fd, nothing, sizeof nothing, MSG_DONTWAIT)) > 0)
        ;
    if (n == 0)
        end_connection(c, CONNECTION_ORDERLY, "the receiver ended the connection");
    else if (errno != EAGAIN && errno != EINTR)
        end_errno(c);
    else if (clock_monotonic() - c->since > GOODBYE)
        end_connection(c, CONNECTION_CUT, "the receiver said goodbye and did not end the connection");
}

static size_t read_plain(struct connection *c, void *out, size_t most) {
    ssize_t n = recv(c->fd, out, most, MSG_DONTWAIT);
    if (n > 0)
        return (size_t)n;
    if (n == 0)
        end_connection(c, CONNECTION_ORDERLY, "the receiver ended the connection");
    else if (errno != EAGAIN && errno != EINTR)
        end_errno(c);
    return 0;
}

static size_t read_tls(struct connection *c, void *out, size_t most) {
    size_t n = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(c->ssl, out, most, &n);
    if (result == 1)
        return n;
    int why = SSL_get_error(c->ssl, result);
    if (why == SSL_ERROR_ZERO_RETURN) {
        enter_state(c, LEAVING);
        wait_for_end(c);
    } else if (c->finished && why == SSL_ERROR_SSL &&
               ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        /* It answered our goodbye with TCP's end alone, as some do. */
        end_connection(c, CONNECTION_ORDERLY, "the receiver ended the connection");
    } else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        end_tls(c);
    }
    return 0;
}

size_t connection_read(struct connection *c, void *out, size_t most) {
    if (c->state == LEAVING)
        wait_for_end(c);
    if (c->state != OPEN)
        return 0;
    return c->ssl ? read_tls(c, out, most) : read_plain(c, out, most);
}

bool connection_poll(const struct connection *c, struct pollfd *fd) {
    bool out = c->state == CONNECTING || (c->state == SHAKING && c->want_write) || c->at < c->filled;
    *fd = (struct pollfd){.fd = c->fd, .events = (short)(out ? POLLIN | POLLOUT : POLLIN)};
    return c->fd >= 0;
}

/* --- life --- */

struct connection *connection_create(const char *rest, const char *port, bool tls,
                                     const struct output_config *config, struct error *e) {
    const char *key;
    struct error why;
    struct connection *c = calloc(1, sizeof *c);
    if (!c) {
        error_set(e, "out of memory");
        return NULL;
    }
    c->fd = -1;
    c->config = config;
    if (!remote_parse(rest, port, &c->remote, e))
        goto failed;
    c->remote.role = config->role;
    c->name = config->name ? config->name : c->remote.host;
    if (tls && !(c->context = tls_context(config, &key, &why))) {
        error_set(e, "%s: %s", key, why.text);
        goto failed;
    }
    begin_attempt(c);
    return c;
failed:
    connection_destroy(c);
    return NULL;
}

void connection_destroy(struct connection *c) {
    if (!c)
        return;
    if (c->state == OPEN) {
        connection_finish(c);
        flush_octets(c);
    }
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
    remote_finish(&c->remote);
    if (c->fd >= 0)
        close(c->fd);
    free(c);
}

void connection_reopen(struct connection *c) {
    const char *key;
    struct error why;
    SSL_CTX *fresh = c->context ? tls_context(c->config, &key, &why) : NULL;
    if (fresh) {
        SSL_CTX_free(c->context); /* a session that stands holds a reference of its own */
        c->context = fresh;
    } else if (c->context) {
        log_error("%s %s: %s: %s; going on with what was read before", remote_role(&c->remote),
                  c->remote.host, key, why.text);
    }
}

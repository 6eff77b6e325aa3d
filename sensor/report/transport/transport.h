/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_TRANSPORT_H
#define GANTRY_REPORT_TRANSPORT_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "report/transport/output_config.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* How messages leave. A transport is one const table entry, listed once in transport.c. Nothing here blocks.
 */
enum framing {
    FRAMING_NONE,   /* a datagram a message */
    FRAMING_LINE,   /* a newline behind each */
    FRAMING_STREAM, /* as the format has it: octet counting or a newline */
};

enum carried {
    CARRIED,         /* the whole frame is with the system */
    CARRIED_WAIT,    /* part of it or nothing: go on when the descriptor is ready, or later */
    CARRIED_BROKEN,  /* the connection is gone, and a new one begins with what is not confirmed */
    CARRIED_REFUSED, /* this frame can never be sent */
};

struct transport {
    const char *scheme; /* with what a target begins; "-" is the whole of it */
    const char *usage;  /* "udp://host:port" */
    enum framing framing;
    size_t message_max; /* octets without framing; 0: as configured */
    bool tls;           /* ca, certificate, key and name are for it */
    bool holds;         /* nobody confirms messages: hold-bytes and hold-time are for it */
    bool people;        /* somebody may be looking: formats of several lines make sense */
    const char *port;   /* the usual one of a target "host:port"; NULL: the target is none */
    /* Is what follows the scheme well-formed? Opens nothing. NULL: that `port` says. */
    bool (*check)(const char *rest, struct error *e);
    /* Keeps `config`. `t`: this transport, of which several may be opened by one function. */
    void *(*open)(const struct transport *t, const char *rest, const struct output_config *config,
                  struct error *e);
    void (*close)(void *carrier);
    /* Sends `frame` from *done on, moving *done. */
    enum carried (*send)(void *carrier, struct bytes frame, size_t *done);
    /* In place of `send`, where a call for each costs: several frames, of the first one what is left; adds to
     * *done what went out, which may end within a frame. */
    enum carried (*send_several)(void *carrier, const struct iovec *frames, size_t n, size_t *done);
    /* Octets since the connection began that the receiver has; `patient` is false once all is sent at the end
     * of a run. *broken: the rest is to be sent again. NULL: what is sent is delivered. */
    uint64_t (*confirmed)(void *carrier, bool patient, bool *broken);
    /* Asked after `confirmed`: the number (1 is the first since the connection began) of a message that the
     * receiver answered for, each once, in any order; false: no more now. NULL: it answers for none. */
    bool (*answered)(void *carrier, uint64_t *number, bool *refused);
    /* False: nothing to wait for. */
    bool (*poll)(const void *carrier, struct pollfd *fd);
    /* Octets since the connection began that the receiver's system has, though it may lose them still. NULL:
     * nothing is known before `confirmed`. */
    uint64_t (*reached)(void *carrier);
    /* Why nothing can be sent now; NULL: it can. */
    const char *(*trouble)(const void *carrier);
    const char *proof;                     /* what is known of a message that was delivered, for people */
    void (*reopen)(void *carrier);         /* NULL: nothing to reopen */
    bool (*terminal)(const void *carrier); /* NULL: never */
};

extern const struct transport transport_udp, transport_tcp, transport_tls, transport_relp, transport_relp_tls,
    transport_unix, transport_file, transport_stdout;

/* The transport of a target and what follows its scheme; NULL if none knows it. */
const struct transport *transport_find(const char *to, const char **rest);
const char *transport_usages(void); /* for messages */
/* Is `rest` well-formed for it? Opens nothing. */
bool transport_check(const struct transport *t, const char *rest, struct error *e);

/* --- remote.c: a host and port, its addresses, and when to try again --- */

enum { REMOTE_ADDRESSES_MAX = 8 };

struct remote {
    const char *role; /* for messages; NULL: "output to" */
    char host[256], port[16];
    struct sockaddr_storage address[REMOTE_ADDRESSES_MAX];
    socklen_t size[REMOTE_ADDRESSES_MAX];
    unsigned count, next;
    unsigned failures;           /* since the last success */
    time_ns looked_up, retry_at; /* clock_monotonic() */
    struct look_up *look_up;     /* under way; NULL: none */
    char reason[200];            /* of the last failure, as it was told; empty: it works */
};

/* "host:port", "host" (the given port), "[2001:db8::1]:514"; one slash may follow. */
bool remote_parse(const char *text, const char *port, struct remote *r, struct error *e);
void remote_finish(struct remote *r);
const char *remote_role(const struct remote *r); /* for messages, with the host behind it */
/* A non-blocking socket whose connect has begun or is done, -1 when it is not yet time or there is none.
 * Names are looked up by a thread of the C library, since a name server that is silent would hold up every
 * output. */
int remote_connect(struct remote *r, int type);
/* Back-off: 250 ms, doubling to 30 s, a quarter more or less by chance. A new reason is told. */
void remote_failed(struct remote *r, const char *reason);
void remote_worked(struct remote *r);
const char *remote_trouble(const struct remote *r); /* NULL: none */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/connection.h"
#include "report/transport/hold.h"

#include <stdlib.h>

/* tcp:// (RFC 6587) and tls:// (RFC 5425): octet counting, and nobody who confirms a message. So sent
 * messages are held (hold.h), and when a connection ends those still held are sent again on the next: a
 * receiver may get a message twice (same sequence number). After an orderly end the younger ones alone, since
 * a receiver takes leave with its buffer empty (Linux and others reset where octets were left unread), but
 * may not have used all. */
#define LAST_WAIT (3 * NS_PER_S) /* at the end of a run, for the receiver to take leave */

struct counted {
    struct connection *connection;
    struct hold hold;
    time_ns finishing; /* since */
};

static void *open_counted(const struct transport *self, const char *rest, const struct output_config *config,
                          struct error *e) {
    struct counted *t = calloc(1, sizeof *t);
    if (!t) {
        error_set(e, "out of memory");
        return NULL;
    }
    t->hold = (struct hold){.bytes = config->hold_bytes, .time = (time_ns)config->hold_time};
    t->connection = connection_create(rest, self->port, self->tls, config, e);
    if (t->connection)
        return t;
    free(t);
    return NULL;
}

static void close_counted(void *carrier) {
    struct counted *t = carrier;
    connection_destroy(t->connection);
    free(t);
}

/* A broken connection is found here and told by `confirmed`. */
static enum carried send_counted(void *carrier, struct bytes frame, size_t *done) {
    struct counted *t = carrier;
    if (frame.n > CONNECTION_ROOM)
        return CARRIED_REFUSED;
    if (!connection_ready(t->connection) || !connection_put(t->connection, frame))
        return CARRIED_WAIT;
    return CARRIED;
}

static uint64_t after_end(struct counted *t, enum connection_end how, uint64_t acknowledged) {
    uint64_t has = t->hold.released;
    if (how == CONNECTION_ORDERLY)
        has = t->finishing ? acknowledged : t->hold.old > has ? t->hold.old : has;
    hold_begin(&t->hold);
    t->finishing = 0;
    return has;
}

/* Our end is said, and the receiver's answer to that is the proof that it has read all. One that never
 * answers is believed when its system has all. */
static uint64_t finish_run(struct counted *t) {
    if (!t->finishing)
        t->finishing = clock_monotonic();
    connection_finish(t->connection);
    connection_ready(t->connection);
    bool late = clock_monotonic() - t->finishing > LAST_WAIT;
    if (late && connection_all_acknowledged(t->connection))
        return connection_acknowledged(t->connection);
    return t->hold.released;
}

static uint64_t confirm_octets(void *carrier, bool patient, bool *lost) {
    struct counted *t = carrier;
    char nothing[512]; /* a receiver has nothing to say */
    connection_ready(t->connection);
    while (connection_read(t->connection, nothing, sizeof nothing))
        ;
    uint64_t acknowledged = connection_acknowledged(t->connection);
    hold_pass(&t->hold, acknowledged, clock_monotonic());
    enum connection_end how = connection_take_end(t->connection);
    *lost = how != CONNECTION_STANDS;
    if (*lost)
        return after_end(t, how, acknowledged);
    return patient ? t->hold.released : finish_run(t);
}

static uint64_t count_reached(void *carrier) {
    struct counted *t = carrier;
    return connection_acknowledged(t->connection);
}

static const char *tell_trouble(const void *carrier) {
    const struct counted *t = carrier;
    return connection_trouble(t->connection);
}

static bool poll_counted(const void *carrier, struct pollfd *fd) {
    const struct counted *t = carrier;
    return connection_poll(t->connection, fd);
}

static void reopen_files(void *carrier) {
    struct counted *t = carrier;
    connection_reopen(t->connection);
}

const struct transport transport_tcp = {
    .scheme = "tcp://",
    .usage = "tcp://host:port",
    .framing = FRAMING_STREAM,
    .message_max = 8192,
    .holds = true,
    .port = "514",
    .open = open_counted,
    .close = close_counted,
    .send = send_counted,
    .confirmed = confirm_octets,
    .poll = poll_counted,
    .reached = count_reached,
    .trouble = tell_trouble,
    .proof = "the receiver's system has it",
};

const struct transport transport_tls = {
    .scheme = "tls://",
    .usage = "tls://host:port",
    .framing = FRAMING_STREAM,
    .message_max = 8192,
    .tls = true,
    .holds = true,
    .port = "6514",
    .open = open_counted,
    .close = close_counted,
    .send = send_counted,
    .confirmed = confirm_octets,
    .poll = poll_counted,
    .reached = count_reached,
    .trouble = tell_trouble,
    .proof = "the receiver's system has it",
    .reopen = reopen_files,
};

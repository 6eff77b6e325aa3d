/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/transport/connection.h"
#include "report/transport/relp.h"

#include <stdlib.h>

/* relp:// and relp+tls://: each message leaves the outbox on its own answer (relp.h), at most RELP_WINDOW are
 * without one, and what is when a connection ends is sent again on the next. */
#define ANSWER_TIMEOUT (90 * NS_PER_S) /* a receiver may be busy, or paused */
enum { RELP_WINDOW = 128, FAREWELL_MS = 300 };

#define OFFERS "relp_version=1\nrelp_software=gantry," GANTRY_VERSION "\ncommands=syslog"

enum session { SESSION_NONE, SESSION_ASKED, SESSION_OPEN, SESSION_ENDING };

struct relp {
    struct connection *connection;
    enum session session;
    struct relp_parser parser;
    uint32_t txnr;                /* of the next command */
    uint64_t next, oldest;        /* number of the next message; of the first without an answer */
    time_ns waiting;              /* since the last answer, or since there is something to wait for */
    bool has_answer[RELP_WINDOW]; /* by number % RELP_WINDOW */
    struct answer {
        uint64_t number;
        bool refused;
    } answers[RELP_WINDOW]; /* not yet told */
    unsigned answer_count, answer_told;
};

static void begin_session(struct relp *r) {
    r->session = SESSION_NONE;
    relp_begin(&r->parser);
    r->txnr = 1;
    r->next = r->oldest = 1;
}

static void *open_relp(const struct transport *t, const char *rest, const struct output_config *config,
                       struct error *e) {
    struct relp *r = calloc(1, sizeof *r);
    if (!r) {
        error_set(e, "out of memory");
        return NULL;
    }
    begin_session(r);
    r->connection = connection_create(rest, t->port, t->tls, config, e);
    if (r->connection)
        return r;
    free(r);
    return NULL;
}

/* False when there is no room now. */
static bool put_command(struct relp *r, const char *name, struct bytes data) {
    char frame[RELP_HEADER_MAX + 1 + 8192 + 1];
    if (data.n > 8192)
        return false;
    size_t n = relp_header(frame, r->txnr, name, data.n);
    if (data.n)
        memcpy(frame + n, data.p, data.n);
    frame[n + data.n] = '\n';
    if (!connection_put(r->connection, bytes_of(frame, n + data.n + 1)))
        return false;
    r->txnr = relp_next(r->txnr);
    return true;
}

/* --- what the receiver says --- */

static void give_up(struct relp *r, const char *reason) {
    counter_one(COUNTER_RELP_MALFORMED);
    connection_give_up(r->connection, reason);
}

static void take_open_answer(struct relp *r, const struct relp_frame *f) {
    struct bytes offers;
    unsigned code;
    if (f->txnr != 1 || !relp_code(f->data, &code, &offers))
        give_up(r, "its answer to RELP's open is not understood");
    else if (code != 200)
        connection_give_up(r->connection, "it refuses RELP's open");
    else if (!relp_offers(offers, "relp_version", NULL) || !relp_offers(offers, "commands", "syslog"))
        connection_give_up(r->connection, "it does not offer to take syslog messages over RELP");
    else
        r->session = SESSION_OPEN;
}

/* The number of the message that has `txnr`, 0 if none waits for an answer under it. Transaction numbers
 * begin again after the last, so it is counted back from the next. */
static uint64_t number_of(const struct relp *r, uint32_t txnr) {
    uint64_t back = r->txnr > txnr ? r->txnr - txnr : (uint64_t)r->txnr + RELP_TXNR_MAX - txnr;
    bool waits = txnr && back <= r->next - r->oldest && !r->has_answer[(r->next - back) % RELP_WINDOW];
    return waits ? r->next - back : 0;
}

static void take_message_answer(struct relp *r, const struct relp_frame *f) {
    struct bytes rest;
    unsigned code;
    uint64_t number = number_of(r, f->txnr);
    if (!number || !relp_code(f->data, &code, &rest)) {
        give_up(r, "it answers what was not asked");
        return;
    }
    r->has_answer[number % RELP_WINDOW] = true;
    r->answers[r->answer_count++] = (struct answer){number, code != 200};
    while (r->oldest < r->next && r->has_answer[r->oldest % RELP_WINDOW])
        r->oldest++;
    r->waiting = clock_monotonic();
    if (code == 200) {
        connection_works(r->connection);
    } else {
        counter_one(COUNTER_RELP_REFUSALS);
        connection_give_up(r->connection, "it refused a message");
    }
}

static void take_frame(struct relp *r, const struct relp_frame *f) {
    bool answer = strcmp(f->command, "rsp") == 0;
    if (f->txnr == 0 && strcmp(f->command, "serverclose") == 0)
        r->session = SESSION_ENDING;
    else if (answer && r->session == SESSION_ASKED)
        take_open_answer(r, f);
    else if (answer && f->txnr)
        take_message_answer(r, f);
    else if (f->txnr)
        give_up(r, "it sends commands that only we may send");
    /* Other hints may come with later versions and mean nothing to us. */
}

/* No message is sent meanwhile, so there are never more answers than `answers` has places. */
static void listen_to(struct relp *r) {
    uint8_t piece[4096];
    struct relp_frame f;
    size_t n;
    while ((n = connection_read(r->connection, piece, sizeof piece)) > 0) {
        struct bytes in = bytes_of(piece, n);
        enum relp_result result;
        while ((result = relp_parse(&r->parser, &in, &f)) == RELP_FRAME)
            take_frame(r, &f);
        if (result == RELP_WRONG)
            give_up(r, "what it says is no RELP");
    }
}

/* --- the carrier --- */

static void move_on(struct relp *r) {
    bool ready = connection_ready(r->connection);
    if (ready && r->session == SESSION_NONE && put_command(r, "open", bytes_text(OFFERS))) {
        r->session = SESSION_ASKED;
        r->waiting = clock_monotonic();
        connection_ready(r->connection);
    }
    listen_to(r);
    bool waits = r->session == SESSION_ASKED || r->oldest < r->next;
    if (r->session == SESSION_ENDING)
        connection_give_up(r->connection, "the receiver ended the session");
    else if (waits && clock_monotonic() - r->waiting > ANSWER_TIMEOUT) {
        counter_one(COUNTER_RELP_SILENT);
        connection_give_up(r->connection, "its answers do not come");
    }
}

static enum carried send_relp(void *carrier, struct bytes message, size_t *done) {
    struct relp *r = carrier;
    if (message.n > 8192)
        return CARRIED_REFUSED;
    if (r->session != SESSION_OPEN || r->next - r->oldest >= RELP_WINDOW ||
        !connection_ready(r->connection) || !put_command(r, "syslog", message))
        return CARRIED_WAIT;
    if (r->oldest == r->next)
        r->waiting = clock_monotonic();
    r->has_answer[r->next++ % RELP_WINDOW] = false;
    return CARRIED;
}

static uint64_t confirm_by_answer(void *carrier, bool patient, bool *broken) {
    struct relp *r = carrier;
    r->answer_count = r->answer_told = 0;
    move_on(r);
    *broken = connection_take_end(r->connection) != CONNECTION_STANDS;
    if (*broken)
        begin_session(r);
    return 0;
}

static bool take_answer(void *carrier, uint64_t *number, bool *refused) {
    struct relp *r = carrier;
    if (r->answer_told == r->answer_count)
        return false;
    *number = r->answers[r->answer_told].number;
    *refused = r->answers[r->answer_told++].refused;
    return true;
}

static const char *tell_trouble(const void *carrier) {
    const struct relp *r = carrier;
    const char *reason = connection_trouble(r->connection);
    return reason ? reason : r->session == SESSION_OPEN ? NULL : "it has not agreed to RELP yet";
}

static bool poll_relp(const void *carrier, struct pollfd *fd) {
    const struct relp *r = carrier;
    return connection_poll(r->connection, fd);
}

static void reopen_files(void *carrier) {
    struct relp *r = carrier;
    connection_reopen(r->connection);
}

/* The one place that waits, and not for long: a receiver that is left without a goodbye logs an error. */
static void close_relp(void *carrier) {
    struct relp *r = carrier;
    struct pollfd fd;
    const time_ns until = clock_monotonic() + FAREWELL_MS * NS_PER_MS;
    if (r->session == SESSION_OPEN && put_command(r, "close", bytes_of(NULL, 0))) {
        connection_finish(r->connection);
        connection_ready(r->connection);
        while (clock_monotonic() < until && connection_poll(r->connection, &fd)) {
            poll(&fd, 1, FAREWELL_MS);
            uint8_t nothing[512];
            while (connection_read(r->connection, nothing, sizeof nothing))
                ;
        }
    }
    connection_destroy(r->connection);
    free(r);
}

const struct transport transport_relp = {
    .scheme = "relp://",
    .usage = "relp://host:port",
    .framing = FRAMING_NONE,
    .message_max = 8192,
    .port = "2514",
    .open = open_relp,
    .close = close_relp,
    .send = send_relp,
    .confirmed = confirm_by_answer,
    .answered = take_answer,
    .poll = poll_relp,
    .trouble = tell_trouble,
    .proof = "the receiver acknowledged it",
};

const struct transport transport_relp_tls = {
    .scheme = "relp+tls://",
    .usage = "relp+tls://host:port",
    .framing = FRAMING_NONE,
    .message_max = 8192,
    .tls = true,
    .port = "2514",
    .open = open_relp,
    .close = close_relp,
    .send = send_relp,
    .confirmed = confirm_by_answer,
    .answered = take_answer,
    .poll = poll_relp,
    .trouble = tell_trouble,
    .proof = "the receiver acknowledged it",
    .reopen = reopen_files,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/ftp/ftp.h"
#include "protocol/memory.h"
#include "protocol/shared.h"

/* Data that comes before its command (control packets late or out of order) waits for it, within bounds,
 * since only the command tells a listing from a transfer, and where in the whole a resumed one begins. */
enum { EARLY_BYTES = 32768, EARLY_FLOWS_MAX = 64 };

struct ftp_data {
    struct conversation *c;
    struct ftp_ticket *ticket; /* NULL: the flow was not announced, nDPI named it */
    struct ftp_pair orphan;    /* while it has none and its bytes have begun */
    time_ns began;             /* when they did */
    struct transfer *transfer; /* NULL also when nobody wants it */
    bool begun, over;
    bool from_known;
    enum side from;
    bool ended[2], clean[2];
    uint64_t moved; /* bytes, with gaps */
    unsigned text_version;
    uint8_t *early;
    size_t early_n;
};

static unsigned early_flows; /* with an `early` buffer, in this process */
static struct ftp_pairs controls, orphans;

/* --- tickets --- */

struct ftp_ticket *ftp_ticket_create(void) {
    static uint64_t number;
    bool made;
    number++;
    struct ftp_ticket *t =
        shared_state_join(&protocol_ftp_data, bytes_of(&number, sizeof number), sizeof *t, NULL, &made);
    if (!t)
        return NULL;
    t->number = number;
    t->method = "";
    t->length = t->total = LENGTH_UNKNOWN;
    return t;
}

void ftp_ticket_retain(struct ftp_ticket *t) {
    shared_state_retain(t);
}

void ftp_ticket_release(struct ftp_ticket *t) {
    shared_state_leave(t, t && t->announced && !t->taken);
}

/* What an expectation carries. Where the ticket is gone, or was another worker's, the flow is known for FTP's
 * data all the same. */
struct announcement {
    uint64_t number;
    uint16_t port;
    bool active, private;
};

void ftp_ticket_announce(struct conversation *c, struct ftp_ticket *t, struct address client,
                         struct address server) {
    const struct announcement a = {t->number, t->port, t->active, t->private};
    const struct endpoint end[2] = {{.address = client}, {server, t->port}};
    t->announced = true;
    c->services->expect(c, &protocol_ftp_data, c->transport, end, bytes_of(&a, sizeof a));
}

/* The ticket of an announcement, with one more user; NULL: no memory. */
static struct ftp_ticket *find_ticket(struct bytes facts) {
    struct announcement a;
    if (facts.n != sizeof a)
        return NULL;
    memcpy(&a, facts.p, sizeof a);
    struct ftp_ticket *t = shared_state_find(&protocol_ftp_data, bytes_of(&a.number, sizeof a.number));
    if (t || !(t = ftp_ticket_create()))
        return t;
    t->port = a.port;
    t->active = a.active;
    t->private = a.private;
    t->silent = true;
    return t;
}

bool ftp_ticket_has_bytes(const struct ftp_ticket *t) {
    return t->data && (t->data->begun || t->data->early_n > 0);
}

/* --- the transfer --- */

static enum ftp_command command_of(const struct ftp_data *d) {
    return d->ticket ? d->ticket->command : FTP_COMMAND_NONE;
}

/* The side that listened, by the announced port. Both ports alike is not worth a thought. */
static enum side listener_of(const struct ftp_data *d) {
    return d->c->end[SIDE_CLIENT].port == d->ticket->port ? SIDE_CLIENT : SIDE_SERVER;
}

/* The side that the bytes come from: what has sent, else what the command says. */
static bool find_sender(const struct ftp_data *d, enum side *out) {
    if (d->from_known) {
        *out = d->from;
        return true;
    }
    if (command_of(d) != FTP_COMMAND_TRANSFER)
        return false;
    *out = d->ticket->upload == d->ticket->active ? listener_of(d) : side_other(listener_of(d));
    return true;
}

/* FTP sends from an offset to the end of the file, and takes up what was cut by the file's path alone. */
static struct transfer_seed seed_of(const struct ftp_data *d) {
    const struct ftp_ticket *t = d->ticket;
    struct transfer_seed f = transfer_seed_of("ftp", SIDE_CLIENT);
    f.resume = RESUME_TO_END;
    f.anew = true;
    find_sender(d, &f.from);
    if (!t)
        return f;
    f.fact[FACT_USER] = ftp_path_bytes(&t->user);
    if (t->command != FTP_COMMAND_TRANSFER)
        return f;
    f.fact[FACT_PATH] = ftp_path_bytes(&t->path);
    f.fact[FACT_NAME] = ftp_path_name(&t->path);
    f.fact[FACT_COMMAND] = bytes_text(t->method);
    f.key[0] = f.fact[FACT_USER];
    f.key[1] = f.fact[FACT_PATH];
    f.anew = !t->partial;
    if (!t->partial && strcmp(t->method, "APPE") == 0)
        f.resume = RESUME_APPEND;
    f.offset = t->partial ? t->offset : 0;
    f.length = t->length;
    f.total = t->total;
    return f;
}

static void drop_early(struct ftp_data *d) {
    if (d->early)
        early_flows--;
    protocol_free(d->early);
    d->early = NULL;
    d->early_n = 0;
}

static void begin_transfer(struct ftp_data *d) {
    struct transfer_seed f = seed_of(d);
    if (d->begun)
        return;
    d->begun = true;
    if (command_of(d) == FTP_COMMAND_TRANSFER) {
        d->text_version = d->ticket->text_version;
        if (!d->ticket->stream)
            counter_one(COUNTER_FTP_NOT_STREAM);
    } else {
        counter_one(d->ticket ? COUNTER_FTP_DATA_EARLY : COUNTER_FTP_DATA_UNANNOUNCED);
    }
    d->transfer = d->c->services->begin(d->c, &f);
    if (d->early_n)
        d->c->services->data(d->c, d->transfer, d->early, d->early_n);
    drop_early(d);
}

/* A clean end by the sender is all of it, unless the control channel or the announced length says otherwise.
 */
static enum transfer_end judge_end(const struct ftp_data *d, enum side from) {
    const struct ftp_ticket *t = d->ticket;
    if (!d->ended[from] || !d->clean[from])
        return TRANSFER_CUT;
    if (command_of(d) != FTP_COMMAND_TRANSFER && !(t && (t->finished || t->failed)))
        return TRANSFER_UNKNOWN;
    if (t->failed || d->moved < t->least)
        return TRANSFER_CUT;
    return TRANSFER_DONE;
}

/* A sender that is broken off often closes cleanly too; the last reply tells. It is not waited for when it is
 * not needed or cannot come, and never longer than the flow is kept after its end. */
static bool is_reply_awaited(const struct ftp_data *d, enum side from) {
    const struct ftp_ticket *t = d->ticket;
    if (command_of(d) != FTP_COMMAND_TRANSFER || !d->clean[from] || d->moved == t->length)
        return false;
    return t->started && !t->finished && !t->failed && !t->silent;
}

static void finish_transfer(struct ftp_data *d, enum transfer_end end) {
    d->over = true;
    if (d->ticket && end == TRANSFER_DONE) {
        d->ticket->settled = true;
        d->ticket->moved = d->moved;
    }
    if (d->begun)
        d->c->services->end(d->c, d->transfer, end);
    d->transfer = NULL;
    drop_early(d);
}

/* After anything new: begins what can begin, renames, ends what has ended. An empty file is a transfer once
 * the server has said that it began. */
static void settle_data(struct ftp_data *d) {
    enum side from;
    if (d->over)
        return;
    if (command_of(d) == FTP_COMMAND_LISTING) {
        counter_one(COUNTER_FTP_LISTINGS);
        finish_transfer(d, TRANSFER_UNKNOWN);
        return;
    }
    if (command_of(d) == FTP_COMMAND_TRANSFER) {
        if (d->early_n)
            begin_transfer(d);
        if (d->begun && d->text_version != d->ticket->text_version) {
            struct transfer_seed f = seed_of(d);
            d->text_version = d->ticket->text_version;
            d->c->services->learn(d->c, d->transfer, &f);
        }
    }
    if (!find_sender(d, &from) || !d->ended[from])
        return;
    if (!d->begun && command_of(d) == FTP_COMMAND_TRANSFER && (d->ticket->started || d->ticket->finished))
        begin_transfer(d);
    /* An announcement, the command, or what the server says of it may come for as long as the flow is kept.
     */
    if (!d->begun || command_of(d) == FTP_COMMAND_NONE)
        return;
    if (is_reply_awaited(d, from))
        d->ticket->awaited = true;
    else
        finish_transfer(d, judge_end(d, from));
}

void ftp_ticket_changed(struct ftp_ticket *t) {
    if (t->data)
        settle_data(t->data);
}

/* --- the protocol --- */

/* The caller's use of the ticket becomes the data flow's, or is given up. */
static bool bind_ticket(struct ftp_data *d, struct ftp_ticket *t) {
    if (!t || t->taken) {
        ftp_ticket_release(t);
        return false;
    }
    t->taken = true;
    t->data = d;
    d->ticket = t;
    return true;
}

/* --- without an announcement --- */

/* May it be what this ticket asked for? Where in the whole it begins must be known before its first byte is
 * handed on. */
static bool may_belong(const struct ftp_data *d, const struct ftp_ticket *t) {
    bool over = d->ended[d->from] && d->clean[d->from];
    if (!t || t->port || t->taken || t->command == FTP_COMMAND_NONE || t->asked > d->began ||
        t->upload != (d->from == SIDE_CLIENT) || (d->begun && t->partial))
        return false;
    return t->length == LENGTH_UNKNOWN || (over ? d->moved == t->length : d->moved <= t->length);
}

static void join_ticket(struct ftp_data *d, struct ftp_ticket *t) {
    counter_one(COUNTER_FTP_REPLIES_LOST);
    ftp_pair_remove(&d->orphan);
    ftp_ticket_retain(t);
    bind_ticket(d, t);
    t->port = d->c->end[SIDE_SERVER].port;
    t->started = true;
    settle_data(d);
}

/* Of a flow that nobody announced: takes the ticket, if exactly one that waits may be its. */
static void join_control(struct ftp_data *d) {
    const struct endpoint *end = d->c->end;
    struct ftp_pair_walk walk =
        ftp_pair_walk(&controls, &end[SIDE_CLIENT].address, &end[SIDE_SERVER].address);
    struct ftp_ticket *found = NULL;
    unsigned count = 0;
    for (const struct ftp_waiting *w; (w = ftp_pair_step(&walk));)
        for (unsigned i = 0; i < FTP_WAITING_MAX; i++)
            if (may_belong(d, w->ticket[i])) {
                found = w->ticket[i];
                count++;
            }
    if (count == 1 && walk.left > 0)
        join_ticket(d, found);
}

void ftp_waiting_begin(struct ftp_waiting *w, const struct address *client, const struct address *server) {
    ftp_pair_add(&controls, &w->pair, client, server, w);
}

/* One that was refused comes again with the next command. */
static void keep_waiting(struct ftp_waiting *w, struct ftp_ticket *t) {
    for (unsigned i = 0; i < FTP_WAITING_MAX; i++)
        if (w->ticket[i] == t)
            return;
    ftp_ticket_release(w->ticket[w->next]);
    ftp_ticket_retain(w->ticket[w->next] = t);
    w->next = (w->next + 1) % FTP_WAITING_MAX;
}

void ftp_waiting_add(struct ftp_waiting *w, struct ftp_ticket *t) {
    struct ftp_pair_walk walk = ftp_pair_walk(&orphans, &w->pair.client, &w->pair.server);
    struct ftp_data *found = NULL;
    unsigned count = 0;
    keep_waiting(w, t);
    for (struct ftp_data *d; (d = ftp_pair_step(&walk));)
        if (may_belong(d, t)) {
            found = d;
            count++;
        }
    if (count == 1 && walk.left > 0)
        join_ticket(found, t);
}

void ftp_waiting_end(struct ftp_waiting *w) {
    ftp_pair_remove(&w->pair);
    for (unsigned i = 0; i < FTP_WAITING_MAX; i++) {
        ftp_ticket_release(w->ticket[i]);
        w->ticket[i] = NULL;
    }
}

static void *open_data(struct conversation *c, struct bytes facts) {
    struct ftp_data *d = protocol_alloc(PROTOCOL_STATE, sizeof *d);
    if (!d)
        return NULL;
    d->c = c;
    if (facts.n && !bind_ticket(d, find_ticket(facts))) {
        protocol_free(d);
        return NULL;
    }
    return d;
}

static bool adopt_data(struct conversation *c, struct bytes facts) {
    struct ftp_data *d = c->state;
    if (d->ticket || !bind_ticket(d, find_ticket(facts)))
        return false;
    ftp_pair_remove(&d->orphan);
    settle_data(d);
    return true;
}

/* False: no room, or no command can come: the transfer begins without a name. */
static bool wait_for_command(struct ftp_data *d, const uint8_t *bytes, size_t n) {
    if (!d->ticket || n > EARLY_BYTES - d->early_n)
        return false;
    if (!d->early) {
        if (early_flows == EARLY_FLOWS_MAX)
            return false;
        d->early = protocol_alloc(PROTOCOL_HELD, EARLY_BYTES);
        if (!d->early)
            return false;
        early_flows++;
    }
    memcpy(d->early + d->early_n, bytes, n);
    d->early_n += n;
    return true;
}

/* Is `from` the side that the transfer's bytes come from? What the other one sends is counted only. */
static bool note_sender(struct ftp_data *d, enum side from, uint64_t n) {
    if (!d->from_known) {
        d->from_known = true;
        d->from = from;
        d->began = d->c->now;
        if (!d->ticket) {
            ftp_pair_add(&orphans, &d->orphan, &d->c->end[SIDE_CLIENT].address,
                         &d->c->end[SIDE_SERVER].address, d);
            join_control(d);
        }
    }
    if (d->from == from)
        return true;
    counter_add(COUNTER_FTP_DATA_OTHER_WAY, n);
    return false;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct ftp_data *d = c->state;
    if (d->over || !note_sender(d, from, n))
        return PROTOCOL_OK;
    settle_data(d); /* a listing is known as one */
    if (d->over)
        return PROTOCOL_OK;
    if (d->ticket && d->ticket->private) {
        c->services->encrypted(c);
        d->over = true;
        return PROTOCOL_OK;
    }
    d->moved += n;
    if (!d->begun && command_of(d) == FTP_COMMAND_NONE && wait_for_command(d, bytes, n))
        return PROTOCOL_OK;
    begin_transfer(d);
    c->services->data(d->c, d->transfer, bytes, n);
    return PROTOCOL_OK;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct ftp_data *d = c->state;
    if (d->over || !note_sender(d, from, n))
        return PROTOCOL_OK;
    settle_data(d);
    if (d->over)
        return PROTOCOL_OK;
    d->moved += n;
    begin_transfer(d);
    c->services->gap(c, d->transfer, n);
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct ftp_data *d = c->state;
    d->ended[from] = true;
    d->clean[from] = clean;
    settle_data(d);
}

/* What was still waited for does not come any more. */
static void end_open_transfer(struct ftp_data *d) {
    enum side from = SIDE_CLIENT;
    bool known = find_sender(d, &from);
    if (!d->begun && (d->early_n || (known && d->ended[from] && d->clean[from])))
        begin_transfer(d);
    if (!d->begun)
        counter_one(COUNTER_FTP_DATA_UNUSED);
    else if (d->moved == 0 && d->ticket && !d->ticket->started && !d->ticket->finished)
        finish_transfer(d, TRANSFER_UNKNOWN);
    else
        finish_transfer(d, judge_end(d, from));
}

static void close_data(struct conversation *c) {
    struct ftp_data *d = c->state;
    if (!d->ticket && d->from_known)
        join_control(d);
    if (!d->over)
        end_open_transfer(d);
    drop_early(d);
    ftp_pair_remove(&d->orphan);
    if (d->ticket)
        d->ticket->data = NULL;
    ftp_ticket_release(d->ticket);
    protocol_free(d);
}

enum { PORT_ACTIVE = 20, PORT_FREE = 1024 };

static bool is_data_port(const struct endpoint *e) {
    return e->port == PORT_ACTIVE || e->port >= PORT_FREE;
}

static bool has_control(const struct address *client, const struct address *server) {
    struct ftp_pair_walk walk = ftp_pair_walk(&controls, client, server);
    return ftp_pair_step(&walk) != NULL;
}

static bool claims_data(const struct conversation *c) {
    const struct endpoint *a = &c->end[SIDE_CLIENT], *b = &c->end[SIDE_SERVER];
    return is_data_port(a) && is_data_port(b) &&
           (has_control(&a->address, &b->address) || has_control(&b->address, &a->address));
}

const struct protocol protocol_ftp_data = {
    .name = "ftp",
    .ndpi_names = (const char *const[]){"FTP_DATA", NULL},
    .open = open_data,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_data,
    .adopt = adopt_data,
    .claims = claims_data,
};

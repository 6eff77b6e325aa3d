/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/hash.h"
#include "protocol/ftp/ftp.h"
#include "protocol/memory.h"
#include "protocol/shared.h"

/* Data that comes before its command (control packets late or out of order) waits for it, within bounds,
 * since only the command tells a listing from a transfer, and where in the whole a resumed one begins. */
enum { EARLY_BYTES = 32768, EARLY_WAYS_MAX = 64 };
enum { MARKED_FREE = 16 }; /* files of any length that end by their mode's word */

/* What one side sends: a file, whatever the command said of the direction. */
struct ftp_way {
    struct ftp_data *d;
    enum side from;
    struct filter *head; /* what undoes the transfer's modes, or `file` */
    struct ftp_undo undo;
    struct filter file;        /* gets the file's bytes */
    struct transfer *transfer; /* NULL also when nobody wants it */
    struct transfer *raw;      /* where the modes are unsure: the bytes as they come */
    bool begun, over, both;
    bool named; /* `transfer` has the name of the ticket */
    bool ended, clean;
    uint64_t moved;  /* bytes, with gaps */
    uint64_t marked; /* files that ended by their mode's word */
    unsigned text_version;
    uint8_t *early;
    size_t early_n;
};

struct ftp_data {
    struct conversation *c;
    struct ftp_ticket *ticket; /* NULL: the flow was not announced, nDPI named it */
    struct ftp_pair orphan;    /* while it has none and its bytes have begun */
    time_ns began;             /* when they did */
    bool from_known;
    enum side from; /* who sent first */
    bool listed;    /* counted as a listing */
    struct ftp_way way[2];
};

static unsigned early_ways; /* with an `early` buffer, in this process */
static struct ftp_pairs controls, orphans;

/* --- tickets --- */

struct ftp_ticket *ftp_ticket_join(uint64_t number) {
    bool made;
    struct ftp_ticket *t =
        shared_state_join(&protocol_ftp_data, bytes_of(&number, sizeof number), sizeof *t, NULL, &made);
    if (!t || !made)
        return t;
    t->number = number;
    t->method = "";
    t->modes = FTP_DEFLATE; /* until its command is seen */
    t->length = t->total = LENGTH_UNKNOWN;
    return t;
}

struct ftp_ticket *ftp_ticket_create(void) {
    static uint64_t number;
    if (number == 0)
        number = hash_key_random().k0; /* each worker counts from a place of its own */
    return ftp_ticket_join(++number);
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
    bool active;
};

void ftp_ticket_announce(struct conversation *c, struct ftp_ticket *t, struct address client,
                         struct address server) {
    const struct announcement a = {t->number, t->port, t->active};
    const struct endpoint end[2] = {{.address = client}, {server, t->port}};
    t->announced = true;
    t->elsewhere |= c->services->expect(c, &protocol_ftp_data, c->transport, end, bytes_of(&a, sizeof a));
}

/* The ticket of an announcement, with one more user; NULL: no memory. One that was another worker's begins
 * with what that one has noted. */
static struct ftp_ticket *find_ticket(struct bytes facts) {
    struct announcement a;
    if (facts.n != sizeof a)
        return NULL;
    memcpy(&a, facts.p, sizeof a);
    struct ftp_ticket *t = ftp_ticket_join(a.number);
    if (!t || t->announced)
        return t;
    t->port = a.port;
    t->active = a.active;
    t->silent |= t->command == FTP_COMMAND_NONE;
    return t;
}

static bool has_bytes(const struct ftp_way *w) {
    return w->begun || w->early_n > 0;
}

bool ftp_ticket_has_bytes(const struct ftp_ticket *t) {
    return t->data && (has_bytes(&t->data->way[0]) || has_bytes(&t->data->way[1]));
}

/* --- the first bytes --- */

/* A TLS record with a hello (RFC 8446 section 5.1), as far as the bytes go. */
static bool may_be_tls(struct bytes b) {
    enum { HELLO_MAX = 0x40 };
    static const struct {
        uint8_t least, most;
    } is[] = {{22, 22}, {3, 3}, {0, 4}, {0, HELLO_MAX}, {0, 255}, {1, 2}};
    for (size_t i = 0; i < b.n && i < sizeof is / sizeof is[0]; i++)
        if (b.p[i] < is[i].least || b.p[i] > is[i].most)
            return false;
    return true;
}

enum { TLS_LOOK = 6, ZLIB_LOOK = 2 };

/* Do the first bytes tell what they are? */
static bool is_looked_at(struct bytes b) {
    if (b.n < ZLIB_LOOK && (b.n == 0 || (b.p[0] & 15) == 8))
        return false;
    return b.n >= TLS_LOOK || !may_be_tls(b);
}

/* --- the transfer --- */

static enum ftp_command command_of(const struct ftp_data *d) {
    return d->ticket ? d->ticket->command : FTP_COMMAND_NONE;
}

/* The side that listened, by the announced port. Both ports alike is not worth a thought. */
static enum side listener_of(const struct ftp_data *d) {
    return d->c->end[SIDE_CLIENT].port == d->ticket->port ? SIDE_CLIENT : SIDE_SERVER;
}

/* The side that the file comes from: what the command says, else who sent first. */
static bool find_sender(const struct ftp_data *d, enum side *out) {
    if (command_of(d) != FTP_COMMAND_NONE) {
        *out = d->ticket->upload == d->ticket->active ? listener_of(d) : side_other(listener_of(d));
        return true;
    }
    *out = d->from;
    return d->from_known;
}

static bool is_sender(const struct ftp_way *w) {
    enum side from;
    return find_sender(w->d, &from) && from == w->from;
}

/* FTP sends from an offset to the end of the file, and takes up what was cut by the file's path alone. What
 * comes against the command's direction has its name, and joins nothing. */
static struct transfer_seed seed_of(const struct ftp_way *w) {
    const struct ftp_ticket *t = w->d->ticket;
    struct transfer_seed f = transfer_seed_of("ftp", w->from);
    bool sender = is_sender(w);
    f.resume = sender ? RESUME_TO_END : RESUME_NONE;
    f.anew = sender;
    if (!t)
        return f;
    f.fact[FACT_USER] = ftp_path_bytes(&t->user);
    if (t->command == FTP_COMMAND_NONE)
        return f;
    f.fact[FACT_COMMAND] = bytes_text(t->method);
    f.fact[FACT_PATH] = ftp_path_bytes(&t->path);
    f.fact[FACT_NAME] = ftp_path_name(&t->path);
    if (t->command != FTP_COMMAND_TRANSFER || !sender)
        return f;
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

static void drop_early(struct ftp_way *w) {
    if (w->early)
        early_ways--;
    protocol_free(w->early);
    w->early = NULL;
    w->early_n = 0;
}

/* RFC 1950 section 2.2, without a dictionary. */
static bool begins_zlib(struct bytes b) {
    return b.n >= 2 && (b.p[0] & 15) == 8 && b.p[0] >> 4 <= 7 && (b.p[0] << 8 | b.p[1]) % 31 == 0 &&
           !(b.p[1] & 32);
}

static unsigned modes_of(const struct ftp_data *d, struct bytes first) {
    const struct ftp_ticket *t = d->ticket;
    unsigned modes = t ? t->modes : FTP_DEFLATE, accepted = t ? t->accepted : 0;
    return accepted & FTP_DEFLATE || begins_zlib(first) ? modes : modes & ~(unsigned)FTP_DEFLATE;
}

static struct ftp_way *way_of(struct filter *f) {
    return (struct ftp_way *)((uint8_t *)f - offsetof(struct ftp_way, file));
}

static void begin_file(struct ftp_way *w) {
    struct transfer_seed f = seed_of(w);
    w->named = true;
    w->transfer = w->d->c->services->begin(w->d->c, &f);
}

static void put_file(struct filter *f, const uint8_t *bytes, size_t n) {
    struct ftp_way *w = way_of(f);
    if (!w->named)
        begin_file(w);
    w->d->c->services->data(w->d->c, w->transfer, bytes, n);
}

static void put_gap(struct filter *f, uint64_t n) {
    struct ftp_way *w = way_of(f);
    if (!w->named)
        begin_file(w);
    w->d->c->services->gap(w->d->c, w->transfer, n);
}

static void end_file(struct filter *f, enum transfer_end how) {
    struct ftp_way *w = way_of(f);
    if (w->named)
        w->d->c->services->end(w->d->c, w->transfer, how);
    w->transfer = NULL;
    w->named = false;
}

/* The mode itself says that the file ends here: what comes behind it is another one. Beyond a few, each is as
 * long as an object is worth: shorter ones go on as one file. */
static void end_marked_file(struct ftp_undo *u) {
    struct ftp_way *w = (struct ftp_way *)((uint8_t *)u - offsetof(struct ftp_way, undo));
    if (w->marked >= MARKED_FREE + u->in / ALLOWANCE_OBJECT)
        return;
    w->marked++;
    end_file(&w->file, TRANSFER_DONE);
}

static const struct filter_ops file_ops = {.data = put_file, .gap = put_gap, .end = end_file};

static void begin_raw(struct ftp_way *w) {
    struct transfer_seed f = seed_of(w);
    f.resume = RESUME_NONE;
    f.offset = 0;
    f.length = f.total = LENGTH_UNKNOWN;
    w->raw = w->d->c->services->begin(w->d->c, &f);
    w->both = true;
}

static void push_bytes(struct ftp_way *w, const uint8_t *bytes, size_t n) {
    if (w->both)
        w->d->c->services->data(w->d->c, w->raw, bytes, n);
    filter_data(w->head, bytes, n);
}

/* `first`: its first bytes, as far as they are known. */
static void begin_transfer(struct ftp_way *w, struct bytes first) {
    struct ftp_data *d = w->d;
    if (w->begun)
        return;
    unsigned modes = modes_of(d, w->early_n ? bytes_of(w->early, w->early_n) : first);
    w->begun = true;
    w->file = (struct filter){.ops = &file_ops};
    if (command_of(d) == FTP_COMMAND_NONE)
        counter_one(d->ticket ? COUNTER_FTP_DATA_EARLY : COUNTER_FTP_DATA_UNANNOUNCED);
    if (d->ticket)
        w->text_version = d->ticket->text_version;
    if (modes)
        counter_one(COUNTER_FTP_NOT_STREAM);
    begin_file(w);
    if (ftp_modes_unsure(modes))
        begin_raw(w);
    w->head = ftp_undo_begin(&w->undo, modes, d->c->codings, end_marked_file, &w->file);
    if (w->early_n)
        push_bytes(w, w->early, w->early_n);
    drop_early(w);
}

/* A clean end by the sender is all of it, unless the control channel or the announced length says otherwise.
 * The other side's bytes are no part of what was asked for. */
static enum transfer_end judge_end(const struct ftp_way *w) {
    const struct ftp_ticket *t = w->d->ticket;
    if (!w->ended || !w->clean)
        return TRANSFER_CUT;
    if (t && !is_sender(w))
        return TRANSFER_DONE;
    if (command_of(w->d) == FTP_COMMAND_NONE && !(t && (t->finished || t->failed)))
        return TRANSFER_UNKNOWN;
    if (t->failed || w->moved < t->least)
        return TRANSFER_CUT;
    return TRANSFER_DONE;
}

/* A sender that is broken off often closes cleanly too; the last reply tells. It is not waited for when it is
 * not needed or cannot come, and never longer than the flow is kept after its end. */
static bool is_reply_awaited(const struct ftp_way *w) {
    const struct ftp_ticket *t = w->d->ticket;
    if (command_of(w->d) != FTP_COMMAND_TRANSFER || !is_sender(w) || !w->clean || w->moved == t->length)
        return false;
    return t->started && !t->finished && !t->failed && !t->silent;
}

static void finish_transfer(struct ftp_way *w, enum transfer_end end) {
    struct ftp_data *d = w->d;
    w->over = true;
    if (d->ticket && end == TRANSFER_DONE && is_sender(w)) {
        d->ticket->settled = true;
        d->ticket->moved = w->moved;
    }
    if (w->begun)
        filter_end(w->head, end);
    if (w->both)
        d->c->services->end(d->c, w->raw, end);
    w->both = false;
    drop_early(w);
}

static void learn_texts(struct ftp_way *w) {
    const struct ftp_ticket *t = w->d->ticket;
    if (!w->begun || w->text_version == t->text_version)
        return;
    struct transfer_seed f = seed_of(w);
    w->text_version = t->text_version;
    if (w->named)
        w->d->c->services->learn(w->d->c, w->transfer, &f);
    if (w->both)
        w->d->c->services->learn(w->d->c, w->raw, &f);
}

static void count_listing(struct ftp_data *d) {
    if (command_of(d) == FTP_COMMAND_LISTING && !d->listed) {
        counter_one(COUNTER_FTP_LISTINGS);
        d->listed = true;
    }
}

/* Begins what can begin, renames, ends what has ended. An empty file is a transfer once the server has said
 * that it began. */
static void settle_way(struct ftp_way *w) {
    const struct ftp_ticket *t = w->d->ticket;
    enum ftp_command command = command_of(w->d);
    if (w->over || command == FTP_COMMAND_NONE)
        return;
    if (w->early_n && (w->ended || is_looked_at(bytes_of(w->early, w->early_n))))
        begin_transfer(w, bytes_of(NULL, 0));
    learn_texts(w);
    if (!w->ended)
        return;
    if (!w->begun && command == FTP_COMMAND_TRANSFER && is_sender(w) && (t->started || t->finished))
        begin_transfer(w, bytes_of(NULL, 0));
    if (!w->begun)
        return;
    if (is_reply_awaited(w))
        w->d->ticket->awaited = true;
    else
        finish_transfer(w, judge_end(w));
}

/* After anything new. An announcement, the command, or what the server says of it may come for as long as the
 * flow is kept. */
static void settle_data(struct ftp_data *d) {
    count_listing(d);
    settle_way(&d->way[SIDE_CLIENT]);
    settle_way(&d->way[SIDE_SERVER]);
}

void ftp_ticket_changed(struct conversation *c, struct ftp_ticket *t) {
    if (t->data)
        settle_data(t->data);
    else if (t->elsewhere && c)
        ftp_note_ticket(c, t);
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

/* A flow begins behind what was asked for, and before the client asks for the next one: servers use ports
 * again within seconds. */
static bool is_in_time(const struct ftp_data *d, const struct ftp_ticket *t) {
    return t->asked <= d->began && (t->until == 0 || d->began <= t->until);
}

/* May it be what this ticket asked for? Where in the whole it begins must be known before its first byte is
 * handed on. */
static bool may_belong(const struct ftp_data *d, const struct ftp_ticket *t) {
    const struct ftp_way *w = &d->way[d->from];
    bool over = w->ended && w->clean;
    if (!t || t->port || t->taken || t->command == FTP_COMMAND_NONE || !is_in_time(d, t) ||
        t->upload != (d->from == SIDE_CLIENT) || (w->begun && t->partial))
        return false;
    return t->length == LENGTH_UNKNOWN || (over ? w->moved == t->length : w->moved <= t->length);
}

/* It came to the port that was announced, and was seen before the announcement was. */
static bool is_named_by(const struct ftp_data *d, const struct ftp_ticket *t, bool active) {
    return t && t->port && !t->taken && t->active == active && t->command != FTP_COMMAND_NONE &&
           is_in_time(d, t) && d->c->end[SIDE_SERVER].port == t->port;
}

static void join_ticket(struct ftp_data *d, struct ftp_ticket *t) {
    if (!t->port) {
        counter_one(COUNTER_FTP_REPLIES_LOST);
        t->port = d->c->end[SIDE_SERVER].port;
        t->started = true;
    }
    ftp_pair_remove(&d->orphan);
    ftp_ticket_retain(t);
    bind_ticket(d, t);
    settle_data(d);
}

/* Of several announcements of the port the last one before the flow began. */
static struct ftp_ticket *find_by_port(const struct ftp_data *d, bool active) {
    const struct address *a = &d->c->end[active ? SIDE_SERVER : SIDE_CLIENT].address;
    const struct address *b = &d->c->end[active ? SIDE_CLIENT : SIDE_SERVER].address;
    struct ftp_pair_walk walk = ftp_pair_walk(&controls, a, b);
    struct ftp_ticket *found = NULL;
    for (const struct ftp_waiting *w; (w = ftp_pair_step(&walk));)
        for (unsigned i = 0; i < FTP_WAITING_MAX; i++)
            if (is_named_by(d, w->ticket[i], active) && (!found || w->ticket[i]->asked > found->asked))
                found = w->ticket[i];
    return found;
}

/* Of a passive flow, where the reply that names its port was lost: exactly one that waits may be its. */
static struct ftp_ticket *find_likely(const struct ftp_data *d) {
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
    return count == 1 && walk.left > 0 ? found : NULL;
}

/* Of a flow that nobody announced, or not in time: takes its ticket, if there is one. */
static void join_control(struct ftp_data *d) {
    struct ftp_ticket *t = find_by_port(d, false);
    if (!t)
        t = find_by_port(d, true);
    if (!t)
        t = find_likely(d);
    if (t)
        join_ticket(d, t);
}

void ftp_waiting_begin(struct ftp_waiting *w, const struct address *client, const struct address *server) {
    ftp_pair_add(&controls, &w->pair, client, server, w);
}

/* The place of one that waits no longer, else of the oldest. */
static unsigned find_place(const struct ftp_waiting *w) {
    for (unsigned i = 0; i < FTP_WAITING_MAX; i++) {
        unsigned at = (w->next + i) % FTP_WAITING_MAX;
        if (!w->ticket[at] || w->ticket[at]->taken)
            return at;
    }
    return w->next;
}

/* One that was refused comes again with the next command. */
static void keep_waiting(struct ftp_waiting *w, struct ftp_ticket *t) {
    for (unsigned i = 0; i < FTP_WAITING_MAX; i++)
        if (w->ticket[i] == t)
            return;
    unsigned at = find_place(w);
    ftp_ticket_release(w->ticket[at]);
    ftp_ticket_retain(w->ticket[at] = t);
    w->next = (at + 1) % FTP_WAITING_MAX;
}

/* The first flow that came to its port behind the announcement; where no reply named one, exactly one that
 * may be what was asked for. */
static struct ftp_data *find_orphan(const struct ftp_waiting *w, const struct ftp_ticket *t) {
    struct ftp_pair_walk walk = ftp_pair_walk(&orphans, &w->pair.client, &w->pair.server);
    struct ftp_data *found = NULL;
    unsigned count = 0;
    for (struct ftp_data *d; (d = ftp_pair_step(&walk));) {
        if (is_named_by(d, t, t->active) && (!found || d->began < found->began)) {
            found = d;
            count = 1;
        } else if (may_belong(d, t)) {
            found = d;
            count++;
        }
    }
    return count == 1 && walk.left > 0 ? found : NULL;
}

void ftp_waiting_add(struct ftp_waiting *w, struct ftp_ticket *t) {
    keep_waiting(w, t);
    struct ftp_data *d = find_orphan(w, t);
    if (d)
        join_ticket(d, t);
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
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        d->way[side] = (struct ftp_way){.d = d, .from = side};
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

/* Until what they are can be told. False: no room, or no need: the transfer begins, if without a name. */
static bool keep_early(struct ftp_way *w, const uint8_t *bytes, size_t n) {
    if (n > EARLY_BYTES - w->early_n)
        return false;
    if (!w->early) {
        if (early_ways == EARLY_WAYS_MAX)
            return false;
        w->early = protocol_alloc(PROTOCOL_HELD, EARLY_BYTES);
        if (!w->early)
            return false;
        early_ways++;
    }
    memcpy(w->early + w->early_n, bytes, n);
    w->early_n += n;
    return true;
}

/* Who sends first is remembered for flows that nobody announced. */
static void note_sender(struct ftp_data *d, enum side from) {
    if (d->from_known)
        return;
    d->from_known = true;
    d->from = from;
    d->began = d->c->now;
    if (d->ticket)
        return;
    ftp_pair_add(&orphans, &d->orphan, &d->c->end[SIDE_CLIENT].address, &d->c->end[SIDE_SERVER].address, d);
    join_control(d);
}

/* Whether it is protected the commands do not tell (PROT may be refused, or said to be taken by a server that
 * then sends in clear): the first bytes of all do. */
static bool begins_tls(struct ftp_data *d, struct ftp_way *w) {
    bool first = !d->way[side_other(w->from)].begun && w->moved == w->early_n;
    if (!first || w->early_n < TLS_LOOK || !may_be_tls(bytes_of(w->early, w->early_n)))
        return false;
    conversation_become(d->c, NULL, false);
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        conversation_inner(d->c, side, d->way[side].early, d->way[side].early_n);
        d->way[side].over = true;
    }
    return true;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct ftp_data *d = c->state;
    struct ftp_way *w = &d->way[from];
    note_sender(d, from);
    if (w->over)
        return PROTOCOL_OK;
    w->moved += n;
    if (!w->begun && !is_sender(w))
        counter_add(COUNTER_FTP_DATA_OTHER_WAY, n);
    if (w->begun) {
        push_bytes(w, bytes, n);
        return PROTOCOL_OK;
    }
    bool waits = d->ticket && command_of(d) == FTP_COMMAND_NONE;
    bool early = w->early_n || waits || !is_looked_at(bytes_of(bytes, n)) || may_be_tls(bytes_of(bytes, n));
    if (early && keep_early(w, bytes, n)) {
        bool looked_at = is_looked_at(bytes_of(w->early, w->early_n));
        if (begins_tls(d, w))
            return PROTOCOL_BECOMES;
        if (looked_at && !waits)
            begin_transfer(w, bytes_of(NULL, 0));
        return PROTOCOL_OK;
    }
    begin_transfer(w, bytes_of(bytes, n));
    push_bytes(w, bytes, n);
    return PROTOCOL_OK;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct ftp_data *d = c->state;
    struct ftp_way *w = &d->way[from];
    note_sender(d, from);
    if (w->over)
        return PROTOCOL_OK;
    w->moved += n;
    begin_transfer(w, bytes_of(NULL, 0));
    if (w->both)
        c->services->gap(c, w->raw, n);
    filter_gap(w->head, n);
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct ftp_data *d = c->state;
    d->way[from].ended = true;
    d->way[from].clean = clean;
    settle_data(d);
}

/* What was still waited for does not come any more. */
static void end_open_transfer(struct ftp_way *w) {
    const struct ftp_ticket *t = w->d->ticket;
    bool empty =
        command_of(w->d) == FTP_COMMAND_TRANSFER && is_sender(w) && w->ended && w->clean && !w->d->from_known;
    if (w->over)
        return;
    if (!w->begun && (w->early_n || empty))
        begin_transfer(w, bytes_of(NULL, 0));
    if (!w->begun)
        w->over = true;
    else if (w->moved == 0 && t && !t->started && !t->finished)
        finish_transfer(w, TRANSFER_UNKNOWN);
    else
        finish_transfer(w, judge_end(w));
}

static void close_data(struct conversation *c) {
    struct ftp_data *d = c->state;
    if (!d->ticket && d->from_known)
        join_control(d);
    bool used = d->way[SIDE_CLIENT].over || d->way[SIDE_SERVER].over;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        end_open_transfer(&d->way[side]);
        used |= d->way[side].begun;
        drop_early(&d->way[side]);
    }
    if (!used)
        counter_one(COUNTER_FTP_DATA_UNUSED);
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
    .heard = ftp_note_heard,
};

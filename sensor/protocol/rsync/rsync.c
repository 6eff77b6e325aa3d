/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/rsync/rsync_number.h"
#include "protocol/rsync/rsync_session.h"

static const char greeting[] = "@RSYNCD: ";
enum { GREETING = sizeof greeting - 1, VERSION_LEAST = 27, VERSION_MOST = 32 };

/* What the server can do, as it says from version 30 on. */
enum {
    INCREMENTAL = 1 << 0,
    SAFE_ENDS = 1 << 3,
    ALL_ATTRIBUTES = 1 << 4,
    VARINT_FLAGS = 1 << 7,
    ID0_NAMES = 1 << 8
};

/* The words of one side before the transfer. */
struct side_state {
    enum {
        AT_GREETING,
        AT_LINES,     /* the client's: module, answer to a challenge; the server's: until it says OK */
        AT_ARGUMENTS, /* the client's */
        AT_ABILITIES, /* the server's */
        AT_STRINGS,
        AT_SEED, /* the server's */
        AT_TRANSFER,
    } at;
    uint32_t skip; /* octets of no interest */
    uint16_t n;
    bool cut;        /* the line is longer */
    uint8_t strings; /* that came */
    uint8_t line[RSYNC_LINE_MAX];
    struct rsync_text checksums, codings; /* what it can do, in its order */
};

struct rsync {
    struct conversation *c;
    enum side client;
    bool sides_known;
    unsigned version; /* 0: not known */
    bool again;       /* a second list of arguments follows */
    struct rsync_text module;
    struct rsync_options options;
    struct side_state side[2]; /* by enum side */
    uint32_t abilities;
    bool abilities_known;
    bool begun;
    enum side sender_side;
    struct rsync_sender sender;
};

/* --- what both sides agree on --- */

static bool lists_word(struct bytes list, struct bytes word) {
    while (list.n > 0) {
        struct bytes one = bytes_until(list, ' ');
        if (bytes_equal(one, word))
            return true;
        size_t n = one.n < list.n ? one.n + 1 : one.n;
        list = bytes_of(list.p + n, list.n - n);
    }
    return false;
}

/* The client's first word that the server has too; of one side alone its first. */
static struct bytes agree(struct bytes client, struct bytes server) {
    for (struct bytes list = client; list.n > 0;) {
        struct bytes one = bytes_until(list, ' ');
        if (server.n == 0 || lists_word(server, one))
            return one;
        size_t n = one.n < list.n ? one.n + 1 : one.n;
        list = bytes_of(list.p + n, list.n - n);
    }
    return bytes_until(server, ' ');
}

static unsigned checksum_size(struct bytes name) {
    static const struct {
        const char *name;
        unsigned n;
    } sizes[] = {{"xxh64", 8}, {"xxhash", 8}, {"xxh3", 8}, {"xxh128", 16}, {"sha1", 20}, {"none", 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (bytes_equal(name, bytes_text(sizes[i].name)))
            return sizes[i].n;
    return 16; /* MD4, MD5 */
}

static enum rsync_coding find_coding(struct bytes name) {
    static const struct {
        const char *name;
        enum rsync_coding coding;
    } codings[] = {{"zlibx", RSYNC_ZLIBX}, {"lz4", RSYNC_LZ4}, {"zstd", RSYNC_ZSTD}, {"none", RSYNC_PLAIN}};
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (bytes_equal(name, bytes_text(codings[i].name)))
            return codings[i].coding;
    return RSYNC_ZLIB;
}

static bool has_strings(const struct rsync *r) {
    return r->version >= 30 && (r->abilities_known ? r->abilities & VARINT_FLAGS : r->options.wants_strings);
}

/* One for checksums and one for codings, unless the client has chosen. */
static unsigned count_strings(const struct rsync *r) {
    const struct rsync_options *o = &r->options;
    if (!has_strings(r))
        return 0;
    return !o->names_checksum + (o->deflates && !o->names_compression);
}

static void choose_checksums(struct rsync *r, struct rsync_sender *s) {
    struct bytes chosen = rsync_text_of(&r->options.checksum);
    struct bytes first = bytes_until(chosen, ','); /* "of blocks and files,of lists" */
    struct bytes second =
        first.n < chosen.n ? bytes_of(chosen.p + first.n + 1, chosen.n - first.n - 1) : first;
    if (!r->options.names_checksum)
        first = second = agree(rsync_text_of(&r->side[r->client].checksums),
                               rsync_text_of(&r->side[side_other(r->client)].checksums));
    s->sum_n = checksum_size(first);
    s->form.checksum_n = checksum_size(second);
}

static enum rsync_coding choose_coding(const struct rsync *r) {
    const struct rsync_options *o = &r->options;
    if (o->names_compression)
        return find_coding(rsync_text_of(&o->compression));
    if (!o->deflates)
        return RSYNC_PLAIN;
    return find_coding(agree(rsync_text_of(&r->side[r->client].codings),
                             rsync_text_of(&r->side[side_other(r->client)].codings)));
}

/* Module and folder, which stand before the names of the list. */
static void find_place(const struct rsync *r, struct rsync_text *out) {
    struct bytes path = rsync_text_of(r->options.path.n ? &r->options.path : &r->module);
    const uint8_t *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
    if (r->options.sender && slash)
        path.n = (size_t)(slash - path.p) + 1;
    rsync_text_set(out, path);
    if (out->n && out->n < RSYNC_TEXT_MAX && out->p[out->n - 1] != '/')
        out->p[out->n++] = '/';
}

/* All is said that its bytes are read by. */
static void begin_transfer(struct rsync *r) {
    struct rsync_sender *s = &r->sender;
    uint32_t abilities = r->abilities;
    if (!r->abilities_known && r->version >= 30)
        abilities = (r->options.wants_incremental && r->options.recurse ? INCREMENTAL : 0) |
                    (r->options.wants_strings ? VARINT_FLAGS : 0) | SAFE_ENDS;
    s->c = s->file.c = r->c;
    s->from = r->sender_side;
    s->options = &r->options;
    s->pushes = !r->options.sender;
    s->multiplexed = !s->pushes || r->version >= 30;
    s->form.version = r->version;
    s->form.options = &r->options;
    s->form.incremental = r->version >= 30 && abilities & INCREMENTAL;
    s->form.varint_flags = r->version >= 30 && abilities & VARINT_FLAGS;
    s->form.safe_ends = r->version >= 30 && (abilities & SAFE_ENDS || r->version >= 31);
    s->form.id0_names = r->version >= 30 && abilities & ID0_NAMES;
    s->form.fewer_attributes = r->version >= 31 && !(abilities & ALL_ATTRIBUTES);
    choose_checksums(r, s);
    s->file.coding = choose_coding(r);
    find_place(r, &s->place);
    r->begun = true;
    rsync_sender_begin(s);
}

/* --- lines --- */

static bool take_greeting(struct rsync *r, enum side from, struct bytes line) {
    uint64_t version;
    if (line.n < GREETING || memcmp(line.p, greeting, GREETING) != 0)
        return false;
    struct bytes number = bytes_until(bytes_until(bytes_of(line.p + GREETING, line.n - GREETING), ' '), '.');
    if (!bytes_number(bytes_trim(number), &version))
        return false;
    if (version > VERSION_MOST)
        version = VERSION_MOST;
    if (r->version == 0 || version < r->version)
        r->version = (unsigned)version;
    r->side[from].at = AT_LINES;
    return r->version >= VERSION_LEAST;
}

/* The client names a module, and who it is where it is asked. */
static void take_client_line(struct rsync *r, struct bytes line) {
    static const char early[] = "#early_input=";
    struct side_state *s = &r->side[r->client];
    uint64_t n;
    if (bytes_starts_nocase(line, early)) {
        if (bytes_number(bytes_of(line.p + sizeof early - 1, line.n - sizeof early + 1), &n) &&
            n < UINT32_MAX)
            s->skip = (uint32_t)n;
    } else if (r->module.n > 0) { /* it answers a challenge */
        rsync_text_set(&r->sender.user, bytes_until(line, ' '));
    } else {
        rsync_text_set(&r->module, line);
    }
}

static void take_server_line(struct rsync *r, struct bytes line) {
    struct bytes word = line.n > GREETING && memcmp(line.p, greeting, GREETING) == 0
                            ? bytes_trim(bytes_of(line.p + GREETING, line.n - GREETING))
                            : bytes_of(NULL, 0);
    struct side_state *client = &r->side[r->client], *server = &r->side[side_other(r->client)];
    if (!bytes_equal_nocase(word, "OK"))
        return;
    if (client->at == AT_LINES)
        client->at = AT_ARGUMENTS;
    server->at = r->version >= 30 ? AT_ABILITIES : AT_SEED;
}

static bool take_line(struct rsync *r, enum side from, struct bytes line) {
    if (r->side[from].at == AT_GREETING)
        return take_greeting(r, from, line);
    if (from == r->client)
        take_client_line(r, bytes_trim(line));
    else
        take_server_line(r, bytes_trim(line));
    return true;
}

/* Up to `end`, which is not kept. */
static size_t keep_line(struct side_state *s, const uint8_t *p, size_t n, char end, bool *whole) {
    const uint8_t *stop = memchr(p, end, n);
    size_t take = stop ? (size_t)(stop - p) : n, room = (size_t)(RSYNC_LINE_MAX - s->n);
    size_t keep = take < room ? take : room;
    memcpy(s->line + s->n, p, keep);
    s->n = (uint16_t)(s->n + keep);
    counter_add(COUNTER_RSYNC_LINES_LONG, keep < take && !s->cut);
    s->cut |= keep < take;
    *whole = stop != NULL;
    return take + (stop != NULL);
}

/* --- arguments --- */

static void end_arguments(struct rsync *r) {
    struct side_state *s = &r->side[r->client];
    if (r->options.secluded && !r->again) { /* the real ones follow */
        r->again = true;
        return;
    }
    s->at = AT_STRINGS;
    r->sender_side = r->options.sender ? side_other(r->client) : r->client;
}

static void take_argument(struct rsync *r) {
    struct side_state *s = &r->side[r->client];
    if (s->n == 0 && !s->cut)
        end_arguments(r);
    else
        rsync_option_take(&r->options, bytes_of(s->line, s->n));
    s->n = 0;
    s->cut = false;
}

/* --- what stands before the transfer, of either side: how many octets it took --- */

enum { LOST = -1, MORE = 0 };

static ptrdiff_t take_abilities(struct rsync *r, const uint8_t *p, size_t n) {
    struct reader at = reader_of(p, n);
    if (!rsync_read_varint(&at, &r->abilities))
        return MORE;
    r->abilities_known = true;
    r->side[side_other(r->client)].at = AT_STRINGS;
    return (ptrdiff_t)(n - reader_left(&at));
}

static ptrdiff_t take_string(struct rsync *r, enum side from, const uint8_t *p, size_t n) {
    struct side_state *s = &r->side[from];
    struct reader at = reader_of(p, n);
    struct bytes text;
    if (!rsync_read_vstring(&at, &text))
        return MORE;
    bool checksums = s->strings++ == 0 && !r->options.names_checksum;
    rsync_text_set(checksums ? &s->checksums : &s->codings, text);
    return (ptrdiff_t)(n - reader_left(&at));
}

static ptrdiff_t take_seed(struct rsync *r, const uint8_t *p, size_t n) {
    enum { SEED = 4 };
    if (n < SEED)
        return MORE;
    r->side[side_other(r->client)].at = AT_TRANSFER;
    return SEED;
}

static ptrdiff_t take_before(struct rsync *r, enum side from, const uint8_t *p, size_t n) {
    struct side_state *s = &r->side[from];
    switch (s->at) {
    case AT_ABILITIES:
        return take_abilities(r, p, n);
    case AT_STRINGS:
        return take_string(r, from, p, n);
    case AT_SEED:
        return take_seed(r, p, n);
    default:
        return LOST;
    }
}

/* The client's strings may be none: the transfer follows its arguments then. */
static void settle_strings(struct rsync *r, enum side from) {
    struct side_state *s = &r->side[from];
    if (s->at == AT_STRINGS && s->strings >= count_strings(r)) {
        s->at = from == r->client ? AT_TRANSFER : AT_SEED;
        s->n = 0;
    }
}

/* Numbers and texts of which not all may have come: octet by octet. */
static ptrdiff_t gather_before(struct rsync *r, enum side from, uint8_t octet) {
    struct side_state *s = &r->side[from];
    if (s->n == RSYNC_LINE_MAX)
        return LOST;
    s->line[s->n++] = octet;
    ptrdiff_t used = take_before(r, from, s->line, s->n);
    if (used > 0)
        s->n = 0;
    return used;
}

/* --- the connection --- */

static void *open_rsync(struct conversation *c, struct bytes facts) {
    (void)facts;
    struct rsync *r = protocol_alloc(PROTOCOL_STATE, sizeof *r);
    if (r)
        r->c = c;
    return r;
}

static bool take_words(struct rsync *r, enum side from, const uint8_t *p, size_t n, size_t *used) {
    struct side_state *s = &r->side[from];
    bool whole;
    *used = s->skip < n ? s->skip : n;
    s->skip -= (uint32_t)*used;
    if (*used > 0)
        return true;
    if (from == r->client && s->at == AT_LINES && s->n == 0 &&
        *p == '-') /* nobody saw what the server says */
        s->at = AT_ARGUMENTS;
    if (s->at <= AT_LINES) {
        *used = keep_line(s, p, n, '\n', &whole);
        bool good = !whole || take_line(r, from, bytes_of(s->line, s->n));
        if (whole) {
            s->n = 0;
            s->cut = false;
        }
        return good;
    }
    if (s->at == AT_ARGUMENTS) {
        *used = keep_line(s, p, n, r->version >= 30 || r->again ? '\0' : '\n', &whole);
        if (whole)
            take_argument(r);
        return true;
    }
    *used = 1;
    return gather_before(r, from, *p) != LOST;
}

static enum protocol_result take_transfer(struct rsync *r, enum side from, const uint8_t *p, size_t n) {
    if (!r->options.server) /* what was asked for was not seen: nothing can be read by it */
        return PROTOCOL_LOST;
    if (from != r->sender_side)
        return PROTOCOL_OK;
    if (!r->begun)
        begin_transfer(r);
    return rsync_sender_take(&r->sender, p, n) ? PROTOCOL_OK : PROTOCOL_LOST;
}

/* The server greets first, but the client need not wait for it. */
static void learn_sides(struct rsync *r, enum side from) {
    r->sides_known = true;
    r->client = from == SIDE_SERVER                  ? SIDE_CLIENT
                : r->c->end[SIDE_CLIENT].port == 873 ? SIDE_SERVER
                                                     : SIDE_CLIENT;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct rsync *r = c->state;
    struct side_state *s = &r->side[from];
    if (!r->sides_known)
        learn_sides(r, from);
    for (size_t at = 0; at < n;) {
        size_t used = 0;
        settle_strings(r, from);
        if (s->at == AT_TRANSFER)
            return take_transfer(r, from, bytes + at, n - at);
        if (!take_words(r, from, bytes + at, n - at, &used))
            return PROTOCOL_LOST;
        at += used;
    }
    return PROTOCOL_OK;
}

/* The receiver's part is not needed once the transfer has begun. */
static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct rsync *r = c->state;
    settle_strings(r, from);
    if (r->side[from].at != AT_TRANSFER)
        return PROTOCOL_LOST;
    if (from != r->sender_side)
        return PROTOCOL_OK;
    return r->begun && rsync_sender_gap(&r->sender, n) ? PROTOCOL_OK : PROTOCOL_LOST;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct rsync *r = c->state;
    (void)clean;
    if (r->begun && from == r->sender_side)
        rsync_sender_settle(&r->sender);
}

static void close_rsync(struct conversation *c) {
    struct rsync *r = c->state;
    rsync_sender_finish(&r->sender);
    protocol_free(r);
}

/* "@RSYNCD: 31.0" */
static enum probe probe_side(struct bytes first) {
    size_t n = first.n < GREETING ? first.n : GREETING;
    if (n && memcmp(first.p, greeting, n) != 0)
        return PROBE_NO;
    if (first.n <= GREETING)
        return PROBE_MORE;
    return first.p[GREETING] >= '0' && first.p[GREETING] <= '9' ? PROBE_YES : PROBE_NO;
}

static enum probe probe_rsync(const struct bytes first[2]) {
    enum probe a = probe_side(first[SIDE_CLIENT]), b = probe_side(first[SIDE_SERVER]);
    if (a == PROBE_NO || b == PROBE_NO)
        return PROBE_NO;
    return a > b ? a : b;
}

const struct protocol protocol_rsync = {
    .name = "rsync",
    .ndpi_names = (const char *const[]){"RSYNC", NULL},
    .probe = probe_rsync,
    .open = open_rsync,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_rsync,
};

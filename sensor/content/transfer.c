/* SPDX-License-Identifier: Apache-2.0 */
#include "content/assembly.h"
#include "content/chain.h"

#include "base/counter.h"

#include <stdlib.h>

struct transfer {
    struct content *content;
    struct transfer *next, **link; /* in content->open */
    const struct conversation *conversation;
    struct filter *head;
    uint64_t seen;   /* on the wire, gaps included */
    uint64_t length; /* announced for the wire */
    uint64_t total, etag;
    bool keep; /* if it is cut, the rest may come as a part */
};

unsigned chain_room(const struct content *c, const struct object_seed *seed) {
    return c->options.depth_max > seed->level ? (unsigned)c->options.depth_max - seed->level : 0;
}

struct filter *chain_create(struct content *c, const struct object_seed *seed, struct bytes codings,
                            bool guess) {
    struct coding_list list = coding_parse(codings, chain_room(c, seed), guess);
    struct object_seed inner = *seed;
    inner.level += list.n;
    if (list.n > 0)
        inner.total = LENGTH_UNKNOWN; /* what was announced is the encoded size */
    struct filter *f = multipart_create(c, &inner);
    if (!f)
        f = object_create(c, &inner, NULL);
    return f ? coding_stack(c->codings, &list, f) : NULL;
}

static uint64_t total_of(const struct transfer_facts *facts) {
    return facts->total == LENGTH_UNKNOWN && !facts->partial ? facts->length : facts->total;
}

static struct object_seed seed_of(const struct conversation *conversation,
                                  const struct transfer_facts *facts) {
    return (struct object_seed){.end = conversation->end,
                                .owner = conversation->owner,
                                .from = facts->from,
                                .protocol = facts->protocol,
                                .name = facts->name,
                                .path = facts->path,
                                .host = facts->host,
                                .user = facts->user,
                                .method = facts->method,
                                .declared_type = facts->content_type,
                                .total = total_of(facts)};
}

/* FTP sends from an offset to the end of the file, and takes up what was cut by the file's path alone. */
static bool runs_to_end(const struct transfer_facts *facts) {
    return bytes_equal_nocase(bytes_text(facts->protocol), "ftp");
}

/* Requests that a client repeats with a Range once they were cut. */
static bool may_go_on(const struct transfer_facts *facts) {
    static const char *const methods[] = {"GET", "PUT", "PATCH"};
    if (facts->path.n == 0 || !bytes_equal_nocase(bytes_text(facts->protocol), "http"))
        return false;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (bytes_equal_nocase(facts->method, methods[i]))
            return true;
    return false;
}

static struct filter *head_create(struct content *c, const struct object_seed *seed,
                                  const struct transfer_facts *facts) {
    bool to_end = runs_to_end(facts);
    if (!to_end && !facts->partial)
        return chain_create(c, seed, facts->content_encoding, true);
    struct part_place place = {.offset = facts->partial ? facts->offset : 0,
                               .total = seed->total,
                               .to_end = to_end,
                               .again = !facts->partial,
                               .append = !facts->partial && bytes_equal_nocase(facts->method, "APPE")};
    return assembly_part(c, seed, facts->content_encoding, &place);
}

static void transfer_link(struct transfer *t) {
    struct content *c = t->content;
    t->next = c->open;
    t->link = &c->open;
    if (c->open)
        c->open->link = &t->next;
    c->open = t;
}

static void transfer_free(struct transfer *t) {
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    pool_give(&t->content->transfers, t);
}

struct transfer *content_begin(struct content *c, struct conversation *conversation,
                               const struct transfer_facts *facts) {
    c->now = conversation->now;
    struct object_seed seed = seed_of(conversation, facts);
    seed.etag = assembly_etag(c, facts->etag);
    struct transfer *t = pool_take(&c->transfers);
    if (!t) {
        counter_one(COUNTER_OBJECTS_SHED);
        return NULL;
    }
    *t = (struct transfer){.content = c,
                           .conversation = conversation,
                           .length = facts->length,
                           .total = seed.total,
                           .etag = seed.etag,
                           .keep = !facts->partial && may_go_on(facts)};
    t->head = head_create(c, &seed, facts);
    if (!t->head) {
        pool_give(&c->transfers, t);
        return NULL;
    }
    transfer_link(t);
    return t;
}

void content_data(struct transfer *t, const uint8_t *bytes, size_t n) {
    if (!t || n == 0)
        return;
    t->content->now = t->conversation->now;
    t->seen = add_sizes(t->seen, n);
    filter_data(t->head, bytes, n);
}

void content_gap(struct transfer *t, uint64_t n) {
    if (!t || n == 0)
        return;
    t->content->now = t->conversation->now;
    t->seen = add_sizes(t->seen, n);
    filter_gap(t->head, n);
}

void content_rename(struct transfer *t, const struct transfer_facts *facts) {
    struct object *o = t ? filter_object(t->head) : NULL;
    if (!o)
        return;
    object_rename(o, facts);
    if (assembly_is_part(t->head))
        assembly_renamed(t->head);
}

/* The announced length outranks a protocol that cannot say, and one that says too much. */
static enum transfer_end judged(const struct transfer *t, enum transfer_end how) {
    if (t->length == LENGTH_UNKNOWN || how == TRANSFER_CUT)
        return how;
    if (t->seen == t->length)
        return TRANSFER_DONE;
    counter_one(COUNTER_TRANSFER_LENGTH_WRONG);
    return t->seen < t->length ? TRANSFER_CUT : TRANSFER_UNKNOWN;
}

static bool transfer_kept(struct transfer *t) {
    const struct object *o = filter_object(t->head);
    return t->keep && t->seen > 0 && o && !o->container &&
           assembly_keep(t->content, t->head, t->etag, t->seen, t->total);
}

void content_end(struct transfer *t, enum transfer_end how) {
    if (!t)
        return;
    t->content->now = t->conversation->now;
    how = judged(t, how);
    if (how != TRANSFER_CUT || !transfer_kept(t))
        filter_end(t->head, how);
    transfer_free(t);
}

/* --- All of it --- */

static uint64_t or_default(uint64_t value, uint64_t preset) {
    return value ? value : preset;
}

static struct content_options defaults_filled(const struct content_options *given) {
    struct content_options o = *given;
    o.assembly_time = or_default(o.assembly_time, 120 * (uint64_t)NS_PER_S);
    o.container_hash = or_default(o.container_hash, 64 << 10);
    o.depth_max = o.depth_max ? o.depth_max : 8;
    if (o.depth_max > CODINGS_MAX)
        o.depth_max = CODINGS_MAX;
    return o;
}

struct content *content_create(const struct content_options *options, struct codings *codings,
                               const struct object_sink *sink) {
    struct content *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->options = defaults_filled(options);
    c->codings = codings;
    c->sink = *sink;
    if (pool_init(&c->transfers, sizeof(struct transfer), c->options.objects) && object_init(c) &&
        multipart_init(c) && assembly_init(c))
        return c;
    content_destroy(c);
    return NULL;
}

void content_destroy(struct content *c) {
    if (!c)
        return;
    while (c->open) {
        struct transfer *t = c->open;
        filter_end(t->head, TRANSFER_CUT);
        transfer_free(t);
    }
    assembly_finish(c);
    multipart_finish(c);
    object_finish(c);
    pool_finish(&c->transfers);
    free(c);
}

size_t content_open(const struct content *c) {
    return c->transfers.in_use + c->objects.in_use;
}

unsigned content_fill(const struct content *c) {
    return pool_fill(&c->transfers);
}

void content_tick(struct content *c, time_ns now) {
    assembly_expire(c, now);
}

void content_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context) {
    assembly_give_up(c, which, context);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/hash.h"
#include "base/table.h"
#include "protocol/memory.h"
#include "protocol/nfs/nfs_session.h"
#include "protocol/shared.h"

#include <stdio.h>

enum {
    BUCKETS = 128,    /* of each table */
    FILES_MAX = 4096, /* of a pair of hosts */
    RANGES_MAX = 64,
    PAGE = 4096, /* octets, by which clients write */
    PATH_DEPTH = 16,
    PATH_MAX_OCTETS = 1024,
};
#define SIZE_UNKNOWN UINT64_MAX
#define READ_IDLE (10 * NS_PER_S) /* packet time without a read, before a file counts as left */
#define WRITE_IDLE (4 * NS_PER_S)
#define COMMITTED_IDLE (1 * NS_PER_S)

struct range {
    uint64_t start, end;
};

/* One direction of a file while it moves. */
struct moving {
    struct transfer *transfer;
    enum side from;
    uint64_t reach;  /* behind the furthest */
    bool committed;  /* all of it */
    uint64_t losses; /* of the pair, when it began */
    time_ns last;
    uint8_t *page; /* writes: of the furthest page, that is not full, octets [page_from, page_to), or NULL */
    uint64_t page_at;
    uint32_t page_from, page_to, page_room;
    unsigned ranges;      /* what was handed on, in order, none of which touch */
    struct range range[]; /* reads: RANGES_MAX */
};

struct nfs_file {
    struct table_node node;  /* by its handle, and by use */
    struct table_node named; /* by its directory and name, while it has one */
    struct age_node active;  /* by use, while something of it moves */
    struct nfs_handle handle, directory;
    uint64_t size;            /* by the server's word */
    bool emptied;             /* what is written next is its beginning */
    bool anew;                /* all that is in it was written since */
    struct moving *moving[2]; /* by enum nfs_way; NULL: not */
    uint8_t name_n;
    uint8_t name[NFS_NAME_MAX];
};

struct nfs_pair {
    unsigned users;
    uint64_t losses;
    struct table files, names;
    struct age_list moving; /* those of which something moves, by use */
    time_ns settled;        /* when all of those were looked at */
};

static struct hash_key secret; /* of the tables */

/* --- handles --- */

/* Names of files must not differ between runs: the keys are no secret, and one digest is hard to meet. */
static struct nfs_handle digest(struct bytes in, uint64_t kind) {
    const struct hash_key first = {kind, 1}, second = {kind, 2};
    return (struct nfs_handle){hash_bytes(&first, in.p, in.n), hash_bytes(&second, in.p, in.n)};
}

struct nfs_handle nfs_handle_of(struct bytes handle) {
    return digest(handle, 1);
}

struct nfs_handle nfs_handle_child(struct nfs_handle directory, struct bytes name) {
    struct nfs_handle h = digest(name, 2);
    uint64_t both[4] = {directory.a, directory.b, h.a, h.b};
    return digest(bytes_of(both, sizeof both), 3);
}

static bool same_handle(const struct nfs_handle *a, const struct nfs_handle *b) {
    return a->a == b->a && a->b == b->b;
}

/* --- the tables --- */

static struct nfs_file *file_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct nfs_file, node);
}

static uint64_t hash_handle(const struct nfs_handle *h) {
    return hash_bytes(&secret, h, sizeof *h);
}

static bool is_of_handle(const struct table_node *node, const void *handle) {
    return same_handle(&file_of(node)->handle, handle);
}

static struct nfs_file *find_file(struct nfs_pair *p, const struct nfs_handle *h) {
    return file_of(table_find(&p->files, hash_handle(h), is_of_handle, h, TABLE_STEPS_ALL));
}

struct name_key {
    const struct nfs_handle *directory;
    struct bytes name;
};

static uint64_t hash_name(const struct name_key *k) {
    return hash_handle(k->directory) + hash_bytes(&secret, k->name.p, k->name.n);
}

static bool is_of_name(const struct table_node *node, const void *key) {
    const struct nfs_file *f = TABLE_ENTRY(node, struct nfs_file, named);
    const struct name_key *k = key;
    return same_handle(&f->directory, k->directory) && bytes_equal(bytes_of(f->name, f->name_n), k->name);
}

static void drop_name(struct nfs_pair *p, struct nfs_file *f) {
    if (f->name_n)
        table_remove(&p->names, &f->named);
    f->name_n = 0;
}

static void drop_file(struct nfs_pair *p, struct nfs_file *f) {
    drop_name(p, f);
    table_remove(&p->files, &f->node);
    protocol_free(f);
}

static void end_moving(struct nfs_pair *p, struct conversation *c, struct nfs_file *f, enum nfs_way way,
                       enum transfer_end how) {
    struct moving *m = f->moving[way];
    if (!m)
        return;
    f->moving[way] = NULL;
    if (!f->moving[NFS_READ] && !f->moving[NFS_WRITE])
        age_remove(&p->moving, &f->active);
    if (f->size != SIZE_UNKNOWN && f->size > 0 &&
        (way == NFS_READ || f->anew)) /* so long it is, seen or not */
        c->services->write(c, m->transfer, f->size, NULL, 0);
    c->services->end(c, m->transfer, how);
    protocol_free(m->page);
    protocol_free(m);
}

/* What the protocol has said of what was written: it was all when the server has as much, or has it for
 * good. */
static enum transfer_end judge_end(const struct nfs_pair *p, const struct nfs_file *f, enum nfs_way way) {
    const struct moving *m = f->moving[way];
    if (way == NFS_READ)
        return f->size != SIZE_UNKNOWN ? TRANSFER_DONE : TRANSFER_CUT;
    if (f->size == m->reach)
        return TRANSFER_DONE;
    if (f->size != SIZE_UNKNOWN && f->size > m->reach)
        return f->anew ? TRANSFER_DONE : TRANSFER_UNKNOWN;
    /* Nobody has said how long it is since: a call that was missed may have written more. */
    return m->committed && m->losses == p->losses ? TRANSFER_DONE : TRANSFER_UNKNOWN;
}

static void end_file(struct nfs_pair *p, struct conversation *c, struct nfs_file *f) {
    for (enum nfs_way way = NFS_READ; way <= NFS_WRITE; way++)
        if (f->moving[way])
            end_moving(p, c, f, way, judge_end(p, f, way));
}

static void shed_oldest(struct nfs_pair *p, struct conversation *c) {
    struct nfs_file *f = file_of(table_oldest(&p->files));
    counter_one(COUNTER_NFS_FILES_SHED);
    end_file(p, c, f);
    drop_file(p, f);
}

static struct nfs_file *use_file(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h) {
    struct nfs_file *f = find_file(p, h);
    if (f) {
        table_touch(&p->files, &f->node);
        return f;
    }
    if (p->files.count == FILES_MAX)
        shed_oldest(p, c);
    while (!(f = protocol_alloc(PROTOCOL_HELD, sizeof *f)) && p->files.count > 0)
        shed_oldest(p, c);
    if (!f) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        return NULL;
    }
    f->handle = *h;
    f->size = SIZE_UNKNOWN;
    table_add(&p->files, &f->node, hash_handle(h));
    return f;
}

/* --- what is said of a file --- */

/* From the root, or as far as directories are known. */
static struct bytes path_of(struct nfs_pair *p, const struct nfs_file *f, uint8_t out[PATH_MAX_OCTETS]) {
    size_t at = PATH_MAX_OCTETS;
    for (unsigned depth = 0; f && f->name_n && depth < PATH_DEPTH; depth++) {
        if (f->name_n + 1u > at)
            break;
        at -= f->name_n;
        memcpy(out + at, f->name, f->name_n);
        out[--at] = '/';
        f = find_file(p, &f->directory);
    }
    return bytes_of(out + at, PATH_MAX_OCTETS - at);
}

struct said {
    struct transfer_seed seed;
    uint8_t path[PATH_MAX_OCTETS];
    char digest[40];
};

static void describe_file(struct nfs_pair *p, const struct nfs_file *f, enum side from, enum nfs_way way,
                          struct said *said) {
    struct transfer_seed *seed = &said->seed;
    *seed = transfer_seed_of("nfs", from);
    snprintf(said->digest, sizeof said->digest, "handle-%016llx", (unsigned long long)f->handle.a);
    seed->resume = RESUME_WRITE;
    seed->key[0] = bytes_of(&f->handle, sizeof f->handle);
    seed->fact[FACT_NAME] = f->name_n ? bytes_of(f->name, f->name_n) : bytes_text(said->digest);
    seed->fact[FACT_PATH] = path_of(p, f, said->path);
    seed->fact[FACT_COMMAND] = bytes_text(way == NFS_READ ? "READ" : "WRITE");
}

void nfs_file_named(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h,
                    const struct nfs_handle *directory, struct bytes name) {
    struct nfs_file *f = p && name.n && name.n <= NFS_NAME_MAX ? use_file(p, c, h) : NULL;
    if (!f || same_handle(h, directory) || bytes_equal(name, bytes_text(".")) ||
        bytes_equal(name, bytes_text("..")))
        return;
    if (bytes_equal(bytes_of(f->name, f->name_n), name) && same_handle(&f->directory, directory))
        return;
    drop_name(p, f);
    f->name_n = (uint8_t)name.n;
    memcpy(f->name, name.p, name.n);
    f->directory = *directory;
    table_add(&p->names, &f->named, hash_name(&(struct name_key){directory, name}));
    for (enum nfs_way way = NFS_READ; way <= NFS_WRITE; way++) {
        struct said said;
        if (!f->moving[way])
            continue;
        describe_file(p, f, f->moving[way]->from, way, &said);
        c->services->learn(c, f->moving[way]->transfer, &said.seed);
    }
}

static struct nfs_file *find_named(struct nfs_pair *p, const struct nfs_operation *o) {
    if (!o->name)
        return NULL;
    const struct name_key k = {&o->directory, bytes_of(o->name->p, o->name->n)};
    return TABLE_ENTRY(table_find(&p->names, hash_name(&k), is_of_name, &k, TABLE_STEPS_ALL), struct nfs_file,
                       named);
}

void nfs_file_renamed(struct nfs_pair *p, struct conversation *c, const struct nfs_operation *from,
                      const struct nfs_operation *to) {
    struct nfs_file *f = p && to && to->name ? find_named(p, from) : NULL;
    if (f)
        nfs_file_named(p, c, &f->handle, &to->directory, bytes_of(to->name->p, to->name->n));
}

/* --- bytes --- */

static struct moving *begin_moving(struct nfs_pair *p, struct conversation *c, struct nfs_file *f,
                                   enum nfs_way way, enum side from) {
    struct said said;
    size_t ranges = way == NFS_READ ? RANGES_MAX * sizeof(struct range) : 0;
    struct moving *m = protocol_alloc(PROTOCOL_HELD, sizeof *m + ranges);
    if (!m) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        return NULL;
    }
    describe_file(p, f, from, way, &said);
    said.seed.anew = f->emptied || way == NFS_READ;
    said.seed.stable = way == NFS_READ;
    if (way == NFS_WRITE) {
        f->anew = f->emptied;
        f->emptied = false;
    }
    m->from = from;
    m->losses = p->losses;
    m->transfer = c->services->begin(c, &said.seed);
    if (!f->moving[NFS_READ] && !f->moving[NFS_WRITE])
        age_add(&p->moving, &f->active);
    f->moving[way] = m;
    return m;
}

/* What is read again, or by two readers, was handed on: the first octets of [*start, end) that were not, up
 * to where others were. False: all were. */
static bool find_new(const struct moving *m, uint64_t *start, uint64_t *end) {
    for (unsigned i = 0; i < m->ranges; i++) {
        const struct range *r = &m->range[i];
        if (r->end <= *start)
            continue;
        if (r->start > *start) {
            if (r->start < *end)
                *end = r->start;
            break;
        }
        *start = r->end;
        if (*start >= *end)
            return false;
    }
    return *start < *end;
}

static void remove_ranges(struct moving *m, unsigned at, unsigned n) {
    memmove(&m->range[at], &m->range[at + n], (m->ranges - at - n) * sizeof *m->range);
    m->ranges -= n;
}

static void add_range(struct moving *m, uint64_t start, uint64_t end) {
    unsigned at = 0, joined = 0;
    while (at < m->ranges && m->range[at].end < start)
        at++;
    for (; at + joined < m->ranges && m->range[at + joined].start <= end; joined++) {
        const struct range *r = &m->range[at + joined];
        start = r->start < start ? r->start : start;
        end = r->end > end ? r->end : end;
    }
    if (joined == 0) {
        if (m->ranges == RANGES_MAX) {
            counter_one(COUNTER_NFS_RANGES_SHED);
            return;
        }
        memmove(&m->range[at + 1], &m->range[at], (m->ranges - at) * sizeof *m->range);
        m->ranges++;
        joined = 1;
    }
    m->range[at] = (struct range){start, end};
    if (joined > 1)
        remove_ranges(m, at + 1, joined - 1);
}

static void put_bytes(struct conversation *c, struct moving *m, uint64_t offset, struct bytes bytes) {
    if (offset + bytes.n > m->reach)
        m->reach = offset + bytes.n;
    c->services->write(c, m->transfer, offset, bytes.p, bytes.n);
}

/* What was written of a page that was not full comes again when it is written on: so many of the first octets
 * are the same. Behind one that is not, nothing is compared any more. */
static size_t count_same(struct moving *m, uint64_t offset, struct bytes bytes) {
    if (offset < m->page_at + m->page_from || offset >= m->page_at + m->page_to)
        return 0;
    const uint8_t *had = m->page + (offset - m->page_at - m->page_from);
    size_t n = (size_t)(m->page_at + m->page_to - offset), same = 0;
    n = n < bytes.n ? n : bytes.n;
    while (same < n && had[same] == bytes.p[same])
        same++;
    if (same < n)
        m->page_to = m->page_from;
    return same;
}

static bool grow_page(struct moving *m, uint32_t n) {
    uint8_t *page = n > m->page_room ? protocol_grow(PROTOCOL_HELD, m->page, n) : m->page;
    if (!page)
        return false;
    m->page = page;
    m->page_room = n > m->page_room ? n : m->page_room;
    return true;
}

/* Of what ends at `end`, the part in the last page; what lies before `reach` was written before. */
static void keep_page(struct moving *m, uint64_t offset, struct bytes bytes, uint64_t end, uint64_t reach) {
    uint64_t at = end - end % PAGE, last = offset + bytes.n, start = offset;
    start = start < reach ? reach : start;
    start = start < at ? at : start;
    if (at == end || last <= start)
        return;
    uint32_t from = (uint32_t)(start - at), to = (uint32_t)(last - at);
    uint32_t first = m->page_at == at && m->page_to == from ? m->page_from : from;
    if (!grow_page(m, to - first))
        return;
    m->page_at = at;
    m->page_from = first;
    m->page_to = to;
    memcpy(m->page + (from - first), bytes.p + (start - offset), (size_t)(last - start));
}

static void put_write(struct conversation *c, struct moving *m, uint64_t offset, struct bytes bytes,
                      uint64_t end) {
    size_t same = m->page ? count_same(m, offset, bytes) : 0;
    uint64_t reach = m->reach;
    if (same == bytes.n)
        return;
    bytes = bytes_of(bytes.p + same, bytes.n - same);
    put_bytes(c, m, offset + same, bytes);
    keep_page(m, offset + same, bytes, end, reach);
}

static void put_read(struct conversation *c, struct moving *m, uint64_t offset, struct bytes bytes) {
    uint64_t last = offset + bytes.n, start = offset, end = last;
    while (start < last && find_new(m, &start, &end)) {
        put_bytes(c, m, start, bytes_of(bytes.p + (start - offset), (size_t)(end - start)));
        add_range(m, start, end);
        start = end;
        end = last;
    }
}

/* Of which something comes now. NULL: no memory. */
static struct nfs_file *move_file(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h,
                                  enum nfs_way way, enum side from) {
    struct nfs_file *f = p ? use_file(p, c, h) : NULL;
    if (!f || (!f->moving[way] && !begin_moving(p, c, f, way, from)))
        return NULL;
    age_touch(&p->moving, &f->active);
    f->moving[way]->last = c->now;
    f->moving[way]->committed = false;
    return f;
}

static void settle_read(struct nfs_pair *p, struct conversation *c, struct nfs_file *f) {
    const struct moving *m = f->moving[NFS_READ];
    if (m && f->size == (m->ranges ? m->range[0].end : 0) && (f->size == 0 || m->range[0].start == 0))
        end_moving(p, c, f, NFS_READ, TRANSFER_DONE);
}

void nfs_file_bytes(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, enum nfs_way way,
                    enum side from, uint64_t offset, struct bytes bytes, uint64_t end) {
    struct nfs_file *f = bytes.n ? move_file(p, c, h, way, from) : NULL;
    if (!f)
        return;
    if (way == NFS_WRITE) {
        put_write(c, f->moving[way], offset, bytes, end);
        return;
    }
    put_read(c, f->moving[way], offset, bytes);
    settle_read(p, c, f);
}

void nfs_file_missed(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, enum nfs_way way,
                     enum side from, uint64_t offset, uint64_t n) {
    struct nfs_file *f = n ? move_file(p, c, h, way, from) : NULL;
    struct moving *m = f ? f->moving[way] : NULL;
    if (!m)
        return;
    c->services->write(c, m->transfer, offset, NULL, n);
    if (offset + n > m->reach)
        m->reach = offset + n;
}

void nfs_file_size(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, uint64_t size,
                   bool moves) {
    struct nfs_file *f = !p ? NULL : moves ? use_file(p, c, h) : find_file(p, h);
    if (f)
        f->size = size;
}

void nfs_file_ended(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, enum side from,
                    uint64_t size) {
    struct nfs_file *f = p ? find_file(p, h) : NULL;
    if (size == 0 && p) /* an empty file that is read to its end is one */
        f = move_file(p, c, h, NFS_READ, from);
    if (!f)
        return;
    f->size = size;
    settle_read(p, c, f);
}

void nfs_file_committed(struct nfs_pair *p, const struct nfs_handle *h) {
    struct nfs_file *f = p ? find_file(p, h) : NULL;
    if (f && f->moving[NFS_WRITE])
        f->moving[NFS_WRITE]->committed = true;
}

void nfs_pair_lost(struct nfs_pair *p) {
    if (p)
        p->losses++;
}

void nfs_file_closed(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h) {
    struct nfs_file *f = p ? find_file(p, h) : NULL;
    if (!f)
        return;
    if (f->moving[NFS_WRITE])
        f->moving[NFS_WRITE]->committed = true;
    end_file(p, c, f);
}

void nfs_file_emptied(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h) {
    struct nfs_file *f = p ? find_file(p, h) : NULL;
    if (!f)
        return;
    if (f->moving[NFS_WRITE])
        end_moving(p, c, f, NFS_WRITE, judge_end(p, f, NFS_WRITE));
    f->emptied = true;
    f->size = SIZE_UNKNOWN;
}

/* --- time --- */

static bool is_over(const struct moving *m, enum nfs_way way, time_ns now) {
    if (!m)
        return false;
    time_ns idle = way == NFS_READ ? READ_IDLE : m->committed ? COMMITTED_IDLE : WRITE_IDLE;
    return (now - m->last >= idle || m->last - now >= idle);
}

/* Each of the pair's flows asks; once at a time is enough. */
bool nfs_files_settle(struct nfs_pair *p, struct conversation *c) {
    struct age_node *node = p && p->settled != c->now ? p->moving.oldest : NULL;
    if (node)
        p->settled = c->now;
    while (node) {
        struct nfs_file *f = AGE_ENTRY(node, struct nfs_file, active);
        node = node->newer;
        for (enum nfs_way way = NFS_READ; way <= NFS_WRITE; way++)
            if (is_over(f->moving[way], way, c->now))
                end_moving(p, c, f, way, judge_end(p, f, way));
    }
    return p && p->moving.oldest;
}

/* --- pairs --- */

static void finish_pair(void *state) {
    struct nfs_pair *p = state;
    while (p->files.count > 0)
        drop_file(p, file_of(table_oldest(&p->files)));
    table_finish(&p->files);
    table_finish(&p->names);
    protocol_discharge(PROTOCOL_STATE, 2 * table_bytes(BUCKETS));
}

static bool start_tables(struct nfs_pair *p) {
    if (!secret.k0 && !secret.k1)
        secret = hash_key_random();
    return table_init(&p->files, BUCKETS) && table_init(&p->names, BUCKETS);
}

struct nfs_pair *nfs_pair_join(const struct conversation *c, enum side caller) {
    enum { ADDRESS = sizeof c->end[0].address.bytes };
    uint8_t key[2 * ADDRESS];
    bool made;
    memcpy(key, c->end[caller].address.bytes, ADDRESS);
    memcpy(key + ADDRESS, c->end[side_other(caller)].address.bytes, ADDRESS);
    if (!protocol_charge(PROTOCOL_STATE, 2 * table_bytes(BUCKETS))) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        return NULL;
    }
    struct nfs_pair *p =
        shared_state_join(&protocol_nfs, bytes_of(key, sizeof key), sizeof *p, finish_pair, &made);
    if (!made) /* those of the tables are counted already */
        protocol_discharge(PROTOCOL_STATE, 2 * table_bytes(BUCKETS));
    if (made && !start_tables(p)) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        shared_state_leave(p, false);
        return NULL;
    }
    if (p)
        p->users++;
    return p;
}

void nfs_pair_leave(struct nfs_pair *p, struct conversation *c) {
    if (!p)
        return;
    p->users--;
    while (p->users == 0 && p->moving.oldest)
        end_file(p, c, AGE_ENTRY(p->moving.oldest, struct nfs_file, active));
    shared_state_leave(p, p->files.count > 0);
}

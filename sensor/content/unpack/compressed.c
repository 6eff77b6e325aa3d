/* SPDX-License-Identifier: Apache-2.0 */
#include "content/chain.h"

#include "base/counter.h"
#include "base/stage.h"
#include "mime/mime.h"

/* Compressed files: one child, the content, named as the usual programs name what they write. In gzip (RFC
 * 1952) each member may have a name of its own: one whose name differs from that of the one before is a file
 * of its own; else they are one, as gunzip takes them. */

enum { NAME_ROOM = 256 };

static const struct form {
    const char *mime, *coding;
    struct {
        const char *end, *instead;
    } ends[5];
} forms[] = {
    {"application/gzip", "gzip", {{".gz", ""}, {".gzip", ""}, {".tgz", ".tar"}, {".taz", ".tar"}}},
    {"application/x-bzip2",
     "bzip2",
     {{".bz2", ""}, {".bz", ""}, {".tbz2", ".tar"}, {".tbz", ".tar"}, {".tb2", ".tar"}}},
    {"application/x-xz", "xz", {{".xz", ""}, {".txz", ".tar"}}},
    {"application/x-lzma", "lzma", {{".lzma", ""}, {".tlz", ".tar"}}},
    {"application/x-lzip", "lzip", {{".lz", ""}, {".tlz", ".tar"}}},
    {"application/zstd", "zstd", {{".zst", ""}, {".zstd", ""}, {".tzst", ".tar"}}},
    {"application/x-lz4", "lz4", {{".lz4", ""}, {".tlz4", ".tar"}}},
};

struct compressed {
    struct chain_end end; /* takes what is decoded */
    struct pool *pool;
    struct unpack *unpack;
    const struct form *form;
    struct filter *file; /* NULL: none yet, or it is left out */
    bool begun;          /* the present file: what comes is its, whether there is room for it or not */
    uint16_t name_n;     /* of the present member; 0: it has none */
    uint8_t name[NAME_ROOM];
};

static const struct form *find_form(const struct file_type *type) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].mime, type->mime) == 0)
            return &forms[i];
    return NULL;
}

/* --- Names --- */

/* What stands behind the last slash. */
static struct bytes base_name(struct bytes name) {
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/' || name.p[i - 1] == '\\')
            return bytes_of(name.p + i, name.n - i);
    return name;
}

/* The file's own name without what says that it is compressed; in `out` where something stands instead. */
static struct bytes name_content(const struct form *form, struct bytes name, char *out, size_t size) {
    for (size_t i = 0; i < sizeof form->ends / sizeof *form->ends && form->ends[i].end; i++) {
        size_t n = strlen(form->ends[i].end), more = strlen(form->ends[i].instead);
        if (name.n <= n || !bytes_equal_nocase(bytes_of(name.p + name.n - n, n), form->ends[i].end))
            continue;
        name.n -= n;
        if (more == 0 || name.n + more > size)
            return name;
        memcpy(out, name.p, name.n);
        memcpy(out + name.n, form->ends[i].instead, more);
        return bytes_of((const uint8_t *)out, name.n + more);
    }
    return name;
}

/* --- Files --- */

static void begin_file(struct compressed *z) {
    char scratch[4 * NAME_ROOM];
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    if (z->name_n > 0)
        fact[FACT_NAME] = mime_file_name(bytes_of(z->name, z->name_n), false, scratch, sizeof scratch);
    if (fact[FACT_NAME].n == 0)
        fact[FACT_NAME] =
            name_content(z->form, object_fact(unpack_object(z->unpack), FACT_NAME), scratch, sizeof scratch);
    const struct unpack_child child = {.fact = fact, .undone = 1, .total = LENGTH_UNKNOWN};
    z->begun = true;
    z->file = unpack_begin(z->unpack, &child);
}

static void end_file(struct compressed *z, enum transfer_end how) {
    if (z->file)
        filter_end(z->file, how);
    z->file = NULL;
    z->begun = false;
}

static struct compressed *compressed_of(struct filter *f) {
    return (struct compressed *)f;
}

/* Where one more is not paid for, what it holds goes on behind the one before. */
static void take_member(struct filter *f, struct bytes name) {
    struct compressed *z = compressed_of(f);
    name = base_name(name);
    name.n = name.n < NAME_ROOM ? name.n : NAME_ROOM;
    bool same = name.n == 0 || (name.n == z->name_n && memcmp(name.p, z->name, name.n) == 0);
    if (same)
        return;
    if (z->begun && !unpack_pays(z->unpack)) {
        unpack_bounded(z->unpack);
        counter_one(COUNTER_COMPRESSED_SMALL);
        return;
    }
    if (z->begun)
        end_file(z, TRANSFER_DONE);
    memcpy(z->name, name.p, name.n);
    z->name_n = (uint16_t)name.n;
}

static void take_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct compressed *z = compressed_of(f);
    if (!z->begun)
        begin_file(z);
    if (z->file)
        filter_data(z->file, bytes, n);
}

/* Before anything was decoded there is nothing of which something could be missing. */
static void take_gap(struct filter *f, uint64_t n) {
    if (compressed_of(f)->file)
        filter_gap(compressed_of(f)->file, n);
}

static void take_end(struct filter *f, enum transfer_end how) {
    struct compressed *z = compressed_of(f);
    if (!z->begun && how == TRANSFER_DONE)
        begin_file(z); /* an empty one */
    end_file(z, how);
    pool_give(z->pool, z);
}

static void take_bound(struct filter *f) {
    struct compressed *z = compressed_of(f);
    if (z->file)
        filter_bounded(z->file);
    else
        unpack_bounded(z->unpack);
}

static void name_bound(struct filter *f, const char *bound) {
    struct compressed *z = compressed_of(f);
    if (z->file)
        filter_name_bound(z->file, bound);
    else
        unpack_note(z->unpack, bound);
}

static const struct filter_ops compressed_ops = {.data = take_data,
                                                 .gap = take_gap,
                                                 .end = take_end,
                                                 .bounded = take_bound,
                                                 .member = take_member,
                                                 .name_bound = name_bound};

static struct object *present_object(struct filter *f) {
    return compressed_of(f)->file ? filter_object(compressed_of(f)->file) : NULL;
}

/* --- Life --- */

static bool matches_compressed(const struct file_type *type, struct bytes declared) {
    return type->kind == KIND_ARCHIVE && find_form(type);
}

static struct filter *create_compressed(struct unpack *u) {
    struct compressed *z = stage_left_out(STAGE_CODING) ? NULL : pool_take(unpack_state(u));
    if (!z) {
        counter_one(COUNTER_COMPRESSED_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(z, 0, offsetof(struct compressed, name)); /* written before it is read */
    z->end = (struct chain_end){{.ops = &compressed_ops}, present_object};
    z->pool = unpack_state(u);
    z->unpack = u;
    z->form = find_form(unpack_object(u)->type);
    struct filter *head = unpack_decode(u, z->form->coding, &z->end.filter);
    if (!head)
        pool_give(z->pool, z);
    return head;
}

static void *start_compressed(size_t objects) {
    return unpack_start_pool(sizeof(struct compressed), objects / 4 + 16);
}

const struct unpacker unpacker_compressed = {
    .name = "compressed",
    .kind = UNPACK_FILE,
    .matches = matches_compressed,
    .create = create_compressed,
    .start = start_compressed,
    .stop = unpack_stop_pool,
};

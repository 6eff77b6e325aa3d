/* SPDX-License-Identifier: Apache-2.0 */
#include "examine.h"

#include "content/seal/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PACKET_BYTES = 1460, READ_BYTES = 1 << 20 };
static const size_t arena_bytes = (size_t)512 << 20, inspector_bytes = (size_t)256 << 20;

struct examiner {
    struct inspector *inspector;
    struct object object;
    struct fact_pool texts; /* of that one object */
    struct seal seal;
    uint8_t *buffer; /* READ_BYTES */
};

void examine_load(struct ruleset_file *f, const char *const *paths, size_t count) {
    *f = (struct ruleset_file){0};
    /* Address space; only what the rules fill is touched. */
    f->region =
        mmap(NULL, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (f->region == MAP_FAILED) {
        f->region = NULL;
        problem_error(&f->problems, paths[0], 0, "cannot be read: no address space");
        return;
    }
    arena_init(&f->arena, f->region, arena_bytes);
    f->rules = ruleset_load(paths, count, NULL, &f->arena, &f->problems);
}

void examine_unload(struct ruleset_file *f) {
    problems_finish(&f->problems);
    if (f->region)
        munmap(f->region, arena_bytes);
    *f = (struct ruleset_file){0};
}

static void ignore_finding(void *context, const struct finding *f) {
}

struct examiner *examiner_create(const struct ruleset *rules, struct error *e) {
    /* A key that is no secret: the same file gets the same answer. */
    struct inspector_options options = {.memory = inspector_bytes, .digest_key = {.k0 = 1, .k1 = 2}};
    struct finding_sink sink = {.found = ignore_finding};
    struct examiner *x = calloc(1, sizeof *x);
    if (x)
        x->buffer = malloc(READ_BYTES);
    if (!x || !x->buffer || !fact_pool_init(&x->texts, 1, 1))
        error_set(e, "out of memory");
    else if ((x->inspector = inspector_create(rules, &options, &sink, e)))
        return x;
    examiner_destroy(x);
    return NULL;
}

static void forget_object(struct examiner *x) {
    inspector_forget(x->inspector, &x->object);
    facts_release(&x->texts, x->object.facts);
    x->object = (struct object){0};
}

void examiner_destroy(struct examiner *x) {
    if (!x)
        return;
    if (x->inspector)
        forget_object(x);
    inspector_destroy(x->inspector);
    fact_pool_finish(&x->texts);
    free(x->buffer);
    free(x);
}

/* The name is what stands behind the last slash of the path. */
static void open_object(struct examiner *x, struct bytes path, struct bytes first) {
    struct object *o = &x->object;
    size_t slash = path.n;
    forget_object(x);
    while (slash > 0 && path.p[slash - 1] != '/')
        slash--;
    o->facts = facts_create(&x->texts, NULL);
    facts_set(&x->texts, o->facts, FACT_PATH, path);
    facts_set(&x->texts, o->facts, FACT_NAME, bytes_of(path.p + slash, path.n - slash));
    o->number = 1;
    o->total = LENGTH_UNKNOWN;
    object_settle_type(o, first);
    if (first.n > 0 && object_is_misnamed(o))
        facts_set(&x->texts, o->facts, FACT_NOTES, bytes_text("name-mismatch"));
    if (!seal_begin(&x->seal, bytes_of(first.p, first.n < TYPE_BYTES ? first.n : TYPE_BYTES)))
        x->seal = (struct seal){.format = NULL};
    inspector_opened(x->inspector, o);
}

static void push_bytes(struct examiner *x, struct bytes content, size_t piece) {
    for (size_t at = 0; at < content.n; at += piece) {
        size_t n = content.n - at < piece ? content.n - at : piece;
        x->object.size += n;
        inspector_data(x->inspector, &x->object, content.p + at, n);
        seal_data(&x->seal, bytes_of(content.p + at, n));
    }
}

static const struct object *close_object(struct examiner *x) {
    x->object.complete = true;
    seal_end(&x->seal, true);
    facts_set(&x->texts, x->object.facts, FACT_ENCRYPTION, bytes_text(x->seal.word));
    inspector_closed(x->inspector, &x->object);
    return &x->object;
}

const struct object *examine_bytes(struct examiner *x, struct bytes name, struct bytes content,
                                   size_t piece) {
    open_object(x, name, content);
    push_bytes(x, content, piece);
    return close_object(x);
}

const struct object *examine_file(struct examiner *x, const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t n = fread(x->buffer, 1, READ_BYTES, f);
    if (n > 0 || !ferror(f))
        open_object(x, bytes_text(path), bytes_of(x->buffer, n));
    while (n > 0) {
        push_bytes(x, bytes_of(x->buffer, n), PACKET_BYTES);
        n = fread(x->buffer, 1, READ_BYTES, f);
    }
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    errno = failed;
    return failed ? NULL : close_object(x);
}

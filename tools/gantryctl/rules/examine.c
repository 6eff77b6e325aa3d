/* SPDX-License-Identifier: Apache-2.0 */
#include "examine.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PACKET_BYTES = 1460, READ_BYTES = 1 << 20 };
static const size_t arena_bytes = (size_t)512 << 20;

struct examiner {
    struct trial *trial;
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

struct examiner *examiner_create(const struct ruleset *rules, struct error *e) {
    struct examiner *x = calloc(1, sizeof *x);
    if (x && (x->buffer = malloc(READ_BYTES)) && (x->trial = trial_create(rules, e)))
        return x;
    if (!x || !x->buffer)
        error_set(e, "out of memory");
    examiner_destroy(x);
    return NULL;
}

void examiner_destroy(struct examiner *x) {
    if (!x)
        return;
    trial_destroy(x->trial);
    free(x->buffer);
    free(x);
}

struct trial *examiner_trial(struct examiner *x) {
    return x->trial;
}

const struct object *examine_bytes(struct examiner *x, struct bytes name, struct bytes content) {
    trial_open(x->trial, name, content);
    trial_push(x->trial, content, SIZE_MAX / 2);
    return trial_close(x->trial);
}

const struct object *examine_file(struct examiner *x, const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t n = fread(x->buffer, 1, READ_BYTES, f);
    if (n > 0 || !ferror(f))
        trial_open(x->trial, bytes_text(path), bytes_of(x->buffer, n));
    while (n > 0) {
        trial_push(x->trial, bytes_of(x->buffer, n), PACKET_BYTES);
        n = fread(x->buffer, 1, READ_BYTES, f);
    }
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    errno = failed;
    return failed ? NULL : trial_close(x->trial);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_INSPECT_SUPPORT_H
#define TEST_INSPECT_SUPPORT_H

#include "base/counter.h"
#include "inspect/inspector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Rules from a text, and an inspector over them that remembers what it found. */
struct bench {
    struct fact_pool texts; /* of the one object */
    char path[64];
    void *region;
    struct arena arena;
    struct problems problems;
    const struct ruleset *rules;
    struct inspector *inspector;
    unsigned found[16]; /* calls, by rule */
    uint64_t found_at;  /* object's size at the first call */
    struct object object;
};

static const struct file_type text_type = {"text/plain", "text", KIND_TEXT};
static const struct file_type jpeg_type = {"image/jpeg", "JPEG image", KIND_IMAGE};
static const struct file_type data_type = {"application/octet-stream", "data", KIND_BINARY};

static inline void bench_found(void *context, const struct finding *f) {
    struct bench *b = context;
    if (b->found_at == UINT64_MAX)
        b->found_at = b->object.size;
    b->found[f->rule->number]++;
}

static inline void bench_load(struct bench *b, const char *yaml) {
    *b = (struct bench){.path = "/tmp/gantry-rules-XXXXXX.yaml", .found_at = UINT64_MAX};
    int fd = mkstemps(b->path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
    close(fd);
    b->region = aligned_alloc(4096, 32 << 20);
    arena_init(&b->arena, b->region, 32 << 20);
    const char *paths[] = {b->path};
    b->rules = ruleset_load(paths, 1, NULL, &b->arena, &b->problems);
}

static inline void bench_open(struct bench *b, const char *yaml, uint64_t memory) {
    struct inspector_options options = {.memory = memory, .digest_key = {1, 2}};
    struct finding_sink sink = {b, bench_found};
    struct error e;
    bench_load(b, yaml);
    if (!b->rules)
        problems_print(&b->problems);
    assert_non_null(b->rules);
    assert_true(fact_pool_init(&b->texts, 1, 1));
    b->inspector = inspector_create(b->rules, &options, &sink, &e);
    assert_non_null(b->inspector);
}

static inline void bench_close(struct bench *b) {
    if (b->inspector)
        inspector_forget(b->inspector, &b->object);
    inspector_destroy(b->inspector);
    fact_pool_finish(&b->texts);
    problems_finish(&b->problems);
    unlink(b->path);
    free(b->region);
}

/* NULL: none. */
static inline void bench_name(struct bench *b, const char *name) {
    facts_set(&b->texts, b->object.facts, FACT_NAME, bytes_text(name));
}

static inline void bench_begin(struct bench *b, const struct file_type *type, const char *name) {
    inspector_forget(b->inspector, &b->object);
    facts_release(&b->texts, b->object.facts);
    memset(b->found, 0, sizeof b->found);
    b->found_at = UINT64_MAX;
    b->object = (struct object){.type = type, .total = LENGTH_UNKNOWN};
    b->object.facts = facts_create(&b->texts, NULL);
    bench_name(b, name);
    inspector_opened(b->inspector, &b->object);
}

static inline void bench_push(struct bench *b, const void *bytes, size_t n) {
    b->object.size += n;
    inspector_data(b->inspector, &b->object, bytes, n);
}

static inline void bench_end(struct bench *b) {
    b->object.complete = true;
    inspector_closed(b->inspector, &b->object);
}

/* The content in two pieces, or in one when `split` is not inside. */
static inline void bench_run(struct bench *b, const struct file_type *type, const void *bytes, size_t n,
                             size_t split) {
    bench_begin(b, type, NULL);
    if (split > 0 && split < n) {
        bench_push(b, bytes, split);
        bench_push(b, (const uint8_t *)bytes + split, n - split);
    } else
        bench_push(b, bytes, n);
    bench_end(b);
}

/* Distinct values of the rule's count at the end; 0 too if it does not hold. */
static inline uint32_t bench_distinct(struct bench *b, size_t rule) {
    struct finding f;
    return inspector_finding(&b->object, &b->rules->rules[rule], &f) ? f.distinct : 0;
}

#define RULE_TAIL                                                                                            \
    "    class: test\n    severity: 1\n    name: n\n    examples: [{text: a}]\n    counterexamples: "        \
    "[{text: b}]\n"

#endif

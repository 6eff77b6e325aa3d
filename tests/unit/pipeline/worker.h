/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_WORKER_H
#define GANTRY_TEST_WORKER_H

#include "talk.h"

#include <sys/mman.h>
#include <unistd.h>

/* A worker's whole data path under a configuration from a file, whose one rule takes MARKMARK for a canary.
 */
enum { ARENA = 64 << 20, MEMORY = 64 << 20, RING = 32 << 20 };
#define APPROVED "192.0.2.20"
#define UNAPPROVED "198.51.100.20"

static inline void worker_write(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A configuration that names rules in `rules.yaml`. */
static inline const struct config *worker_load_texts(const char *config, const char *rule) {
    static struct arena arena;
    static struct problems problems;
    char folder[] = "/tmp/gantry-worker-XXXXXX", path[64], rules[64];
    void *region =
        mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/gantry.yaml", folder);
    snprintf(rules, sizeof rules, "%s/rules.yaml", folder);
    worker_write(rules, rule);
    worker_write(path, config);
    arena_init(&arena, region, ARENA);
    const struct config *loaded = config_load(path, NULL, NULL, &arena, &problems);
    problems_print(&problems);
    unlink(path);
    unlink(rules);
    rmdir(folder);
    return loaded;
}

static inline const struct config *worker_load(void) {
    static const char config[] =
        "sensor: {name: test, memory: 64 MiB}\n"
        "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n"
        "partners:\n"
        "  - name: Border Labs\n"
        "    prefixes: [192.0.2.0/24]\n"
        "    contracts: [{id: BL-1, from: 2020-01-01, until: 2099-12-31, classes: []}]\n"
        "  - name: Everything\n"
        "    prefixes: [203.0.113.0/24]\n"
        "    contracts: [{id: E-1, from: 2020-01-01, until: 2099-12-31, classes: ['*', canary]}]\n"
        "  - name: Nearly everything\n"
        "    prefixes: [203.0.114.0/24]\n"
        "    contracts: [{id: N-1, from: 2020-01-01, until: 2099-12-31, classes: ['*']}]\n"
        "  - {name: Plate Systems, prefixes: [198.51.100.0/24]}\n"
        "rules: [rules.yaml]\n";
    static const char rule[] =
        "identifiers:\n"
        "  - {id: mark, description: a mark, pattern: MARKMARK}\n"
        "rules:\n"
        "  - {id: marked, name: marked, description: a mark, class: canary, severity: 5, "
        "scopes: [text, content], any: [mark],\n"
        "     examples: [{text: a MARKMARK b}], counterexamples: [{text: a b}]}\n";
    return worker_load_texts(config, rule);
}

static inline int worker_begin_with(const struct config *config) {
    t.config = config;
    t.ring = ring_create(RING);
    t.doorbell = doorbell_create();
    return t.config && t.ring && t.doorbell ? 0 : -1;
}

/* Of a group of tests. */
static inline int worker_begin(void **state) {
    return worker_begin_with(worker_load());
}

/* With no counts, and what the test does not say as it usually is. */
static inline void worker_open(struct pipeline_options options) {
    struct error e;
    options.snapshot = (struct snapshot_view){.config = t.config, .wants = REPORT_TRANSFER};
    options.memory = options.memory ? options.memory : MEMORY;
    options.ring = t.ring;
    options.doorbell = t.doorbell;
    options.worker = options.workers = 1;
    memset(t.counters, 0, sizeof t.counters);
    counter_values = t.counters;
    t.now = 1700000000 * NS_PER_S;
    t.clock = NS_PER_S;
    t.pipeline = pipeline_create(&options, &e);
    assert_non_null(t.pipeline);
}

/* A ring that is as full as this level of overload begins at, for as long as it takes to get there and no
 * longer. */
static inline void press(int level) {
    static const int ring[] = {0, 250, 400, 600, 900};
    for (int i = 0; i < 2 * level; i++)
        pipeline_pressure(t.pipeline, t.clock += 200 * NS_PER_MS, ring[level], 0);
}

#endif

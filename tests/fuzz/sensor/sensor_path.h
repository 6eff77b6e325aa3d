/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_SENSOR_PATH_H
#define GANTRY_FUZZ_SENSOR_PATH_H

#include "pipeline/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The whole data path of one worker in one process, with the rules that are shipped, for the fuzz target and
 * for tests/e2e/replay.c. Every record is drained and checked as soon as it is written. */

enum { PATH_ARENA = 512 << 20, PATH_RING = 1 << 20 };
static const uint64_t path_memory = 64 << 20;

static const char path_config[] =
    "sensor: {name: path, memory: 64 MiB}\n"
    "image-networks:\n"
    "  - {name: lanes, prefixes: [10.40.0.0/16, \"2001:db8:40::/48\"]}\n"
    "internal-networks: [10.0.0.0/8]\n"
    "partners:\n"
    "  - name: Border Labs\n"
    "    prefixes: [192.0.2.0/24]\n"
    "    contracts: [{id: BL-1, from: 2020-01-01, until: 2099-12-31, classes: [image]}]\n"
    "  - {name: Plate Systems, prefixes: [198.51.100.0/24], domains: [\"*.platesystems.example\"]}\n";

struct path {
    const struct config *config;
    struct ring *ring;
    struct doorbell *doorbell;
    struct pipeline *pipeline;
    void *copy;
    void (*record)(const struct record *r); /* NULL: only checked */
    uint64_t step_work;                     /* from the next path_restart() on; 0: as in the sensor */
};

/* Rules lie in rules/ or, for a run from elsewhere, in the folder that GANTRY_RULES names. */
static const struct config *path_load(void) {
    static struct arena arena;
    static struct problems problems;
    char rules[4096], name[64];
    const char *given = getenv("GANTRY_RULES");
    void *region =
        mmap(NULL, PATH_ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int fd = memfd_create("path", 0);
    if (region == MAP_FAILED || fd < 0 || !realpath(given ? given : "rules", rules))
        return NULL;
    dprintf(fd, "%srules: [%s]\n", path_config, rules);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    arena_init(&arena, region, PATH_ARENA);
    const struct config *config = config_load(name, NULL, NULL, &arena, &problems);
    if (!config)
        problems_print(&problems);
    close(fd);
    return config;
}

static void path_check(const char *what, bool good) {
    if (!good) {
        fprintf(stderr, "path: broken promise: %s\n", what);
        abort();
    }
}

static void path_check_record(const struct record *r) {
    path_check("a record is valid", record_valid(r, r->size));
    if (r->kind != RECORD_TRANSFER || !r->complete)
        return;
    path_check("what is complete misses nothing", r->missing == 0);
    path_check("what is complete begins at its beginning", r->offset == 0);
}

static void path_drain(struct path *p) {
    const struct record *r;
    uint64_t damaged = 0;
    while ((r = ring_read(p->ring, p->copy, &damaged))) {
        path_check_record(r);
        if (p->record)
            p->record(r);
    }
    path_check("the ring is whole", damaged == 0);
    ring_commit(p->ring);
}

static void path_open(struct path *p) {
    struct error e;
    const struct pipeline_options options = {
        .snapshot = {.config = p->config, .wants = REPORT_TRANSFER | REPORT_FLOW},
        .memory = path_memory,
        .inspect_all = true,
        .ring = p->ring,
        .doorbell = p->doorbell,
        .step_work = p->step_work};
    p->pipeline = pipeline_create(&options, &e);
    path_check("a pipeline can be made", p->pipeline != NULL);
}

static bool path_init(struct path *p) {
    static uint64_t counters[COUNTER_COUNT];
    counter_values = counters;
    *p = (struct path){.config = path_load(), .ring = ring_create(PATH_RING), .doorbell = doorbell_create()};
    p->copy = malloc(ring_record_max());
    if (!p->config || !p->ring || !p->doorbell || !p->copy)
        return false;
    path_open(p);
    return true;
}

static void path_packet(void *context, const struct capture_packet *packet) {
    struct path *p = context;
    pipeline_packet(p->pipeline, packet);
    path_drain(p);
}

/* So long without a packet that everything ends by itself; nothing may be left. In more than one step, since
 * time stamps may have led far astray. */
static void path_silence(struct path *p) {
    enum { HOURS = 20 };
    for (int i = 0; i < HOURS; i += 2) {
        bool parked = pipeline_idle(p->pipeline, pipeline_time(p->pipeline) + 2 * 3600 * NS_PER_S);
        for (path_drain(p); parked; path_drain(p))
            parked = pipeline_idle(p->pipeline, 0);
    }
    struct pipeline_use use = pipeline_use(p->pipeline);
    path_check("all flows end", use.flows == 0 && use.expectations == 0);
    path_check("all streams end", use.streams == 0 && use.stream_bytes == 0);
    path_check("all objects end", use.objects == 0 && use.inspections == 0);
    path_check("all conversations and contexts of flows end", use.conversations == 0 && use.contexts == 0);
    path_check("no record is lost", counter_values[COUNTER_RECORDS_LOST] == 0);
}

/* As at the end of a file. */
static void path_restart(struct path *p) {
    pipeline_destroy(p->pipeline);
    path_drain(p);
    path_open(p);
}

#endif

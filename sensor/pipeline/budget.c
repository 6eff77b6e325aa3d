/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/budget.h"

#include "examine/slots.h"
#include "report/quota/quota.h"
#include "settings/unit.h"

#include <stddef.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)

enum {
    RING_SHARE = 4,     /* the rings' part of all, if not configured */
    EXAMINE_SHARE = 16, /* what workers gather files in, if not configured: at most this part of all */
    CHANNEL_SHARE = 32, /* at most this part of a worker's memory for its channel, within bounds */
};
static const uint64_t ring_least = MIB, channel_least = MIB, channel_most = 8 * MIB;
/* Whoever reads a file waits for room. */
static const uint64_t channel_most_offline = 2 * MIB;
/* What a worker's libraries allocate by themselves: nDPI's tables, Hyperscan's scratch, OpenSSL, the heap's
 * waste. */
static const uint64_t libraries = 12 * MIB;
/* With less some table has room for one only. */
static const uint64_t worker_least = 16 * MIB;
static const uint64_t examiner_least = 16 * MIB, examiner_most = 128 * MIB; /* tables */
/* An incident with its texts and sets of digests. */
static const uint64_t incident_bytes = 8 << 10;

/* Shares of a worker's tables in thousandths; what is left of the 1000 is spare. Sizes of one are held
 * against the structures by the unit test. */
#define LIMIT(field) .limit = offsetof(struct budget, field)
/* clang-format off */
static const struct part {
    const char *name, *key; /* what people read; where the configuration may say otherwise */
    unsigned share;
    unsigned one;           /* bytes of each; 0: the limit is in bytes itself */
    size_t limit;           /* of struct budget */
} parts[] = {
    {"flow table",                   "limits.flow.memory",             130, 0,    LIMIT(flow.memory)},
    {"names by nDPI",                NULL,                              46, 0,    LIMIT(identify.memory)},
    {"IP fragments",                 NULL,                              20, 0,    LIMIT(decoder.fragment_bytes)},
    {"early segments",               "limits.stream.memory",           135, 0,    LIMIT(stream.memory)},
    {"connections being rebuilt",    "limits.stream.connections",       60, 528,  LIMIT(stream.pairs)},
    {"conversations, transfers",     NULL,                              40, 368,  LIMIT(dispatch.conversations)},
    {"first bytes of the undecided", NULL,                              40, 9216, LIMIT(dispatch.holds)},
    {"the same where they are few",  NULL,                              10, 1152, LIMIT(dispatch.small_holds)},
    {"protocol parsers",             NULL,                              90, 0,    LIMIT(dispatch.memory)},
    {"contexts of flows",            NULL,                              40, 832,  LIMIT(contexts)},
    {"first packets of lone flows",  NULL,                               4, 384,  LIMIT(lone)},
    {"objects",                      "limits.content.objects",          60, 9216, LIMIT(content.objects)},
    {"parts before their turn",      "limits.content.assembly-memory", 120, 0,    LIMIT(content.assembly_bytes)},
    {"decoders",                     NULL,                              80, 0,    LIMIT(content.codings.memory)},
    {"objects that are examined",    NULL,                               5, 0,    LIMIT(waiting)},
    {"what moves in names and the like", NULL,                           6, 2048, LIMIT(tunnels)},
    {"names that hosts asked for",   NULL,                               4, 656,  LIMIT(resolved)},
    {"inspection",                   NULL,                              60, 0,    LIMIT(inspector.memory)},
    {"the same from before reloads", NULL,                              44, 0,    LIMIT(older_inspection)},
};
/* clang-format on */
#define PARTS (sizeof parts / sizeof *parts)

static uint64_t bytes_of_part(const struct budget *b, const struct part *p) {
    uint64_t limit = *(const uint64_t *)(const void *)((const uint8_t *)b + p->limit);
    return p->one ? limit * p->one : limit;
}

void budget_share(const struct config *c, uint64_t memory, struct budget *out) {
    *out = (struct budget){
        .expectations = 16384,
        .expectation_life = 3600 * NS_PER_S, /* a sender may bide its time */
        .flow = c->flow,
        .stream = c->stream,
        .content = c->content,
        .inspector = {.digest_key = c->sensor.digest_key},
    };
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t *limit = (uint64_t *)(void *)((uint8_t *)out + parts[i].limit);
        uint64_t bytes = memory / 1000 * parts[i].share;
        if (*limit == 0)
            *limit = parts[i].one ? bytes / parts[i].one : bytes;
    }
    out->fact_rooms = out->content.objects * 2 / 3;
    out->content.transfers = out->dispatch.conversations;
}

/* The other tables stay small: they are touched as far as they are used. */
void budget_share_examiner(const struct config *c, uint64_t memory, struct budget *out) {
    enum { OBJECTS_LEAST = 512 };
    budget_share(c, memory, out);
    out->content.codings.memory = memory / 10 * 4;
    out->inspector.memory = memory / 10 * 4;
    if (out->content.objects < OBJECTS_LEAST)
        out->content.objects = OBJECTS_LEAST;
    out->fact_rooms = out->content.objects * 2 / 3;
}

/* --- the whole --- */

static uint64_t power_of_two(uint64_t most, uint64_t low, uint64_t high) {
    uint64_t n = low;
    while (n < high && n * 2 <= most)
        n *= 2;
    return n;
}

static const char *size_text(uint64_t bytes, char *out, size_t size) {
    snprintf(out, size, "%.*f MiB", bytes < 10 * MIB ? 1 : 0, (double)bytes / (double)MIB);
    return out;
}

/* A quarter of the whole is the rings' unless they were given, so that asking for more gives them more. */
static uint64_t enough_memory(const struct config *c, const struct budget_plan *p) {
    uint64_t rest = p->snapshots + p->workers * (p->channel + libraries + worker_least + c->examine.memory);
    uint64_t all = !p->ring                ? rest
                   : c->capture.ring_bytes ? rest + p->workers * p->ring
                                           : rest * RING_SHARE / (RING_SHARE - 1);
    return (all / MIB + 1) * MIB;
}

static bool too_little(const struct config *c, const struct budget_plan *p, struct problems *problems) {
    char text[5][UNIT_TEXT_MAX];
    return problem_error(problems, c->file, c->line.memory,
                         "sensor.memory: %s is too little for %u worker%s: kernel rings take %s, channels "
                         "%s, two snapshots %s, libraries %s, "
                         "and each worker's tables need %llu MiB; give %llu MiB%s",
                         unit_format(p->memory, unit_sizes, text[0]), p->workers, p->workers == 1 ? "" : "s",
                         size_text(p->ring * p->workers, text[1], UNIT_TEXT_MAX),
                         size_text(p->channel * p->workers, text[2], UNIT_TEXT_MAX),
                         size_text(p->snapshots, text[3], UNIT_TEXT_MAX),
                         size_text(libraries * p->workers, text[4], UNIT_TEXT_MAX),
                         (unsigned long long)(worker_least / MIB),
                         (unsigned long long)(enough_memory(c, p) / MIB),
                         p->workers > 1 ? " or fewer sensor.workers"
                         : p->ring      ? " or a smaller capture.ring"
                                        : "");
}

/* Limits that were configured may together be more than there is. */
static bool limits_fit(const struct config *c, const struct budget_plan *p, struct problems *problems) {
    struct budget b;
    char text[2][UNIT_TEXT_MAX], keys[256] = "";
    uint64_t all = 0;
    budget_share(c, p->worker, &b);
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t bytes = bytes_of_part(&b, &parts[i]);
        all += bytes;
        if (parts[i].key && bytes > p->worker / 1000 * parts[i].share)
            snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "%s%s", *keys ? ", " : "",
                     parts[i].key);
    }
    return all <= p->worker || problem_error(problems, c->file, c->line.limits,
                                             "%s: a worker's tables then take %s of the %s that "
                                             "sensor.memory leaves it; lower these limits or "
                                             "raise sensor.memory",
                                             keys, size_text(all, text[0], UNIT_TEXT_MAX),
                                             size_text(p->worker, text[1], UNIT_TEXT_MAX));
}

/* Of an examiner: its tables, and a copy of a file with files within it. */
static uint64_t size_of_examiner(const struct budget_plan *p) {
    return libraries + p->examiner + 2 * p->examine;
}

/* What workers gather files in, and what examiners take: a sensor of little memory examines smaller files, or
 * none. Reading files a worker does it itself. */
static uint64_t share_examined(const struct config *c, struct budget_plan *p, bool live, uint64_t taken) {
    uint64_t count = live ? c->examine.count : 0, least = taken + p->workers * worker_least;
    uint64_t share = p->memory / EXAMINE_SHARE / p->workers, tables = p->memory / EXAMINE_SHARE;
    uint64_t left = p->memory > least ? (p->memory - least) / 2 : 0;
    if (c->examine.count == 0)
        return 0;
    tables = tables < examiner_least ? examiner_least : tables > examiner_most ? examiner_most : tables;
    p->examiner = tables;
    left = left > count * (libraries + tables) ? left - count * (libraries + tables) : 0;
    uint64_t fits = left / (p->workers + 2 * count);
    p->examine = c->examine.memory ? c->examine.memory : share < fits ? share : fits;
    p->examine = p->examine / EXAMINE_BLOCK * EXAMINE_BLOCK;
    return p->examine ? p->workers * p->examine + count * size_of_examiner(p) : 0;
}

bool budget_plan(const struct config *c, unsigned workers, bool live, uint64_t snapshot,
                 struct problems *problems, struct budget_plan *out) {
    struct budget_plan p = {.memory = c->sensor.memory, .workers = workers, .snapshots = 2 * snapshot};
    if (live) {
        p.ring = (c->capture.ring_bytes ? c->capture.ring_bytes : p.memory / RING_SHARE) / workers;
        if (p.ring < ring_least)
            p.ring = ring_least;
    }
    p.channel = power_of_two(p.memory / workers / CHANNEL_SHARE, channel_least,
                             live ? channel_most : channel_most_offline);
    uint64_t taken = p.snapshots + workers * (p.ring + p.channel + libraries);
    taken += share_examined(c, &p, live, taken);
    if (taken >= p.memory || (p.memory - taken) / workers < worker_least)
        return too_little(c, &p, problems);
    p.worker = (p.memory - taken) / workers;
    *out = p;
    return limits_fit(c, &p, problems);
}

/* --- for people --- */

static void print_row(FILE *out, const char *name, const char *key, uint64_t each, uint64_t all,
                      uint64_t whole) {
    char text[2][UNIT_TEXT_MAX];
    fprintf(out, "  %-30s %10s %10s %5.1f %%  %s\n", name,
            each ? size_text(each, text[0], UNIT_TEXT_MAX) : "", size_text(all, text[1], UNIT_TEXT_MAX),
            100 * (double)all / (double)whole, key ? key : "");
}

void budget_print(const struct config *c, const struct budget_plan *p, FILE *out) {
    struct budget b;
    char text[4][UNIT_TEXT_MAX];
    uint64_t spare = p->worker;
    budget_share(c, p->worker, &b);
    fprintf(out, "sensor.memory: %s, %u worker%s\n  %-30s %10s %10s\n",
            unit_format(p->memory, unit_sizes, text[0]), p->workers, p->workers == 1 ? "" : "s", "",
            "a worker", "all");
    print_row(out, "kernel packet rings", "capture.ring", p->ring, p->ring * p->workers, p->memory);
    print_row(out, "channels to the reporter", NULL, p->channel, p->channel * p->workers, p->memory);
    print_row(out, "files that are examined", "examiners.memory", p->examine, p->examine * p->workers,
              p->memory);
    if (p->examine && p->ring)
        print_row(out, "examiners", "examiners.count", 0, c->examine.count * size_of_examiner(p), p->memory);
    print_row(out, "two snapshots", NULL, 0, p->snapshots, p->memory);
    print_row(out, "libraries and scratch", NULL, libraries, libraries * p->workers, p->memory);
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t bytes = bytes_of_part(&b, &parts[i]);
        print_row(out, parts[i].name, parts[i].key, bytes, bytes * p->workers, p->memory);
        spare -= bytes;
    }
    print_row(out, "spare", NULL, spare, spare * p->workers, p->memory);
    fprintf(
        out,
        "beside it, of the reporter: ledger %s, store.outbox %s an output, incidents at most %s, contracts' "
        "limits %s\n",
        size_text(c->ledger.memory, text[0], UNIT_TEXT_MAX),
        size_text(c->store.outbox, text[1], UNIT_TEXT_MAX),
        size_text(c->alerts.incidents_max * incident_bytes, text[2], UNIT_TEXT_MAX),
        size_text(quotas_bytes(), text[3], UNIT_TEXT_MAX));
}

/* --- what the kernel holds a process to --- */

/* What libraries allocate by themselves, and the C library's own waste. */
static const uint64_t library_bytes = UINT64_C(256) << 20;
/* What an output holds, twice over while it grows. */
static const uint64_t output_bytes = 64 << 20;

uint64_t budget_worker_headroom(uint64_t memory) {
    return memory / 4 + library_bytes;
}

uint64_t budget_reporter_headroom(const struct config *c, size_t outputs) {
    return library_bytes + c->alerts.incidents_max * incident_bytes + c->ledger.memory + quotas_bytes() +
           outputs * output_bytes;
}

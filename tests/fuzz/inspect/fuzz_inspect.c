/* SPDX-License-Identifier: Apache-2.0 */
#include "content/content.h"
#include "inspect/inspect.h"

#include <stdio.h>
#include <stdlib.h>

/* An object's bytes, with the rules that are shipped: what is found must be the same however they are cut,
 * and each rule is told once. The first byte chooses the size of the pieces. Rules are read from rules/ or,
 * for a run from elsewhere, from the folder that GANTRY_RULES names. */
static struct inspector *inspector;
static unsigned told[256];

static void found(void *context, const struct finding *f) {
    if (told[f->rule->number & 255]++)
        abort();
    if (strlen(f->sample) > 8)
        abort();
}

static void set_up(void) {
    static struct problems problems;
    static struct arena arena;
    static const struct inspector_options options = {.memory = 32 << 20, .digest_key = {1, 2}};
    static const struct finding_sink sink = {.found = found};
    const char *paths[] = {getenv("GANTRY_RULES") ? getenv("GANTRY_RULES") : "rules"};
    struct error e;
    arena_init(&arena, malloc(32 << 20), 32 << 20);
    const struct ruleset *rules = ruleset_load(paths, 1, NULL, &arena, &problems);
    problems_print(&problems);
    if (!rules || !(inspector = inspector_create(rules, &options, &sink, &e)))
        exit(1);
}

struct result {
    size_t count;
    const struct rule *rules[64];
    struct finding findings[64];
};

static void inspect(const uint8_t *bytes, size_t n, size_t piece, struct result *out) {
    struct object o = {.type = type_of_bytes(bytes_of(bytes, n < TYPE_BYTES ? n : TYPE_BYTES)),
                       .total = LENGTH_UNKNOWN};
    memset(told, 0, sizeof told);
    inspector_opened(inspector, &o);
    for (size_t at = 0; at < n; at += piece) {
        size_t take = n - at < piece ? n - at : piece;
        o.size += take;
        inspector_data(inspector, &o, bytes + at, take);
    }
    o.complete = true;
    inspector_closed(inspector, &o);
    out->count = inspector_rules(&o, out->rules, 64);
    for (size_t i = 0; i < out->count; i++)
        inspector_finding(&o, out->rules[i], &out->findings[i]);
    inspector_forget(inspector, &o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct result whole, parts;
    if (!inspector)
        set_up();
    if (size < 2 || size > 1 << 16)
        return 0;
    inspect(data + 1, size - 1, size, &whole);
    inspect(data + 1, size - 1, 1 + data[0], &parts);
    if (whole.count != parts.count)
        abort();
    for (size_t i = 0; i < whole.count; i++)
        if (whole.rules[i] != parts.rules[i] || whole.findings[i].distinct != parts.findings[i].distinct ||
            strcmp(whole.findings[i].sample, parts.findings[i].sample) != 0)
            abort();
    return 0;
}

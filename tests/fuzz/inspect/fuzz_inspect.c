/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "content/content.h"
#include "inspect/inspect.h"

#include <stdio.h>
#include <stdlib.h>

/* An object's bytes, with the rules that are shipped: what is found must be the same however they are cut
 * (but where a count rests, which looks at pieces as they come), and each rule is told once. The first byte
 * chooses the size of the pieces, the second whether and where a picture is found late. Rules are read from
 * rules/ or, for a run from elsewhere, from the folder that GANTRY_RULES names. */
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

static void push(struct object *o, const uint8_t *bytes, size_t n, size_t piece) {
    for (size_t at = 0; at < n; at += piece) {
        size_t take = n - at < piece ? n - at : piece;
        o->size += take;
        inspector_data(inspector, o, bytes + at, take);
    }
}

/* `late`: where a picture begins of which 4 octets have come when it is found; SIZE_MAX for none. */
static void inspect(const uint8_t *bytes, size_t n, size_t piece, size_t late, struct result *out) {
    static const struct file_type jpeg = {"image/jpeg", "JPEG image", KIND_IMAGE};
    enum { AGAIN = 4 };
    struct object o = {.total = LENGTH_UNKNOWN};
    memset(told, 0, sizeof told);
    object_settle_type(&o, bytes_of(bytes, n));
    inspector_opened(inspector, &o);
    if (late < n && n - late >= AGAIN && o.basis == TYPE_BY_START) {
        push(&o, bytes, late + AGAIN, piece);
        o.type = &jpeg;
        o.basis = TYPE_BY_STRUCTURE;
        o.picture = late;
        inspector_retyped(inspector, &o, bytes_of(bytes + late, AGAIN));
        push(&o, bytes + late + AGAIN, n - late - AGAIN, piece);
    } else
        push(&o, bytes, n, piece);
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
    if (size < 3 || size > 1 << 16)
        return 0;
    uint64_t rested = counter_values[COUNTER_INSPECT_BYTES_RESTED];
    size_t late = data[1] ? (data[1] - 1u) * 7 : SIZE_MAX;
    inspect(data + 2, size - 2, size, late, &whole);
    inspect(data + 2, size - 2, 1 + data[0], late, &parts);
    if (rested != counter_values[COUNTER_INSPECT_BYTES_RESTED])
        return 0;
    if (whole.count != parts.count)
        abort();
    for (size_t i = 0; i < whole.count; i++)
        if (whole.rules[i] != parts.rules[i] || whole.findings[i].distinct != parts.findings[i].distinct ||
            strcmp(whole.findings[i].sample, parts.findings[i].sample) != 0)
            abort();
    return 0;
}

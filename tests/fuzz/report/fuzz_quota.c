/* SPDX-License-Identifier: Apache-2.0 */
#include "report/quota/quota.h"
#include "settings/doc.h"

#include <stdlib.h>

/* Records of a worker that was taken over, one behind the other, through the contracts' limits. Whatever they
 * say, what comes out is a valid record of the same object, with a verdict that is no better, and a reason
 * where it is another. */
static const char config[] =
    "image-networks: [{name: lanes, prefixes: ['::/1', 0.0.0.0/1]}]\n"
    "partners:\n"
    "  - name: P\n"
    "    prefixes: ['8000::/1', 128.0.0.0/1]\n"
    "    contracts:\n"
    "      - {id: A, from: 1970-01-01, until: 9999-12-31, classes: [a, vehicle-image], hours: 24h UTC-6,\n"
    "         per-day: {objects: 2, bytes: 1 kB}, per-month: {objects: 3}}\n"
    "      - {id: B, from: 1970-01-01, until: 9999-12-31, classes: [b], per-month: {bytes: 2 kB}}\n";

static struct quotas *begin(void) {
    static uint8_t region[1 << 18];
    struct arena arena;
    struct problems problems = {0};
    arena_init(&arena, region, sizeof region);
    struct doc *d = doc_parse("f", bytes_text(config), &problems);
    const struct policy *p = d ? policy_load(doc_root(d), &arena, &problems, NULL, NULL) : NULL;
    doc_free(d);
    problems_finish(&problems);
    return p ? quotas_create(p) : NULL;
}

static void check(const struct record *in, const struct record *out) {
    if (!record_valid(out, out->size) || out->object != in->object || out->kind != in->kind ||
        out->time != in->time)
        abort();
    if (out != in && (out->verdict < in->verdict || out->verdict != VERDICT_BREACH ||
                      !record_text_of(out, TEXT_REASON).n || !record_text_of(out, TEXT_TERM).n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct quotas *q; /* what was counted stays: any order of records must hold */
    uint64_t *room = malloc(ring_record_max());
    q = q ? q : begin();
    struct reader r = reader_of(data, size);
    const uint8_t *at;
    if (!q || !room)
        abort();
    while (reader_left(&r) >= sizeof(struct record)) {
        size_t n = reader_left(&r) < ring_record_max() ? reader_left(&r) : ring_record_max();
        memcpy(room, r.at, n);
        struct record *record = (struct record *)(void *)room;
        record->version = RECORD_VERSION;
        record->matters = record->partner_known = 1;
        if (!record_valid(record, n))
            break;
        reader_take(&r, record->size, &at);
        check(record, quotas_record(q, record));
    }
    free(room);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/severity.h"

#include "policy/policy.h"
#include "report/event/text.h"

enum { LOWEST = 1, HIGHEST = 10 };

static bool nobody_may_receive_it(const struct severity_facts *f) {
    return f->verdict == VERDICT_UNAPPROVED || f->verdict == VERDICT_UNKNOWN;
}

/* Not an hour too late or a protocol too plain: data that the contract never was about. */
static bool class_never_agreed(const struct severity_facts *f) {
    return f->verdict == VERDICT_BREACH && list_has(f->terms, bytes_text(term_name(TERM_CLASS)));
}

static bool at_least(const struct severity_facts *f, uint64_t many, uint64_t bytes) {
    return f->objects >= many || f->plates >= many || f->bytes >= bytes;
}

static bool is_large(const struct severity_facts *f) {
    return at_least(f, 1000, UINT64_C(1000000000));
}

static bool very_large(const struct severity_facts *f) {
    return at_least(f, 100000, UINT64_C(100000000000));
}

static bool never_seen_whole(const struct severity_facts *f) {
    return f->parts_only;
}

static const struct {
    bool (*holds)(const struct severity_facts *f);
    int points;
} table[] = {
    {nobody_may_receive_it, 1}, {class_never_agreed, 1}, {is_large, 1}, {very_large, 1},
    {never_seen_whole, -1},
};

unsigned severity_of(const struct severity_facts *f) {
    int points = (int)f->rule;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        points += table[i].holds(f) ? table[i].points : 0;
    return points < LOWEST ? LOWEST : points > HIGHEST ? HIGHEST : (unsigned)points;
}

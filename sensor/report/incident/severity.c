/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/severity.h"

#include "policy/policy.h"
#include "report/event/text.h"

enum { LOWEST = 1, HIGHEST = 10 };

static bool is_at_least(const struct severity_facts *f, uint64_t many, uint64_t bytes) {
    return f->objects >= many || f->plates >= many || f->bytes >= bytes;
}

unsigned severity_of(const struct severity_facts *f) {
    /* Not an hour too late or a protocol too plain: data that the contract never was about. */
    bool breach = f->verdict == VERDICT_BREACH || f->verdict == VERDICT_READER_BREACH;
    bool never_agreed = breach && list_has(f->terms, bytes_text(term_name(TERM_CLASS)));
    bool large = is_at_least(f, 1000, UINT64_C(1000000000));
    bool very_large = is_at_least(f, 100000, UINT64_C(100000000000));
    int points =
        (int)f->rule + verdict_is_nobodys(f->verdict) + never_agreed + large + very_large - f->parts_only;
    return points < LOWEST ? LOWEST : points > HIGHEST ? HIGHEST : (unsigned)points;
}

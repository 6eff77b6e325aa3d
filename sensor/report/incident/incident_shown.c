/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/text.h"
#include "report/incident/incident_entry.h"

#include <stdlib.h>

struct record *incident_show(struct incidents *t, const struct record *r, struct bytes class) {
    shown_fill(&t->builder, r, class);
    t->builder.head.severity = 0;                        /* until it is told */
    t->builder.head.tries = t->builder.head.uploads = 0; /* until they are counted */
    t->builder.head.sizes = (struct upload_sizes){{0}};
    return shown_pack(&t->builder, r->id);
}

bool incident_worsen(struct incidents *t, struct incident *i, const struct record *r, struct bytes class) {
    if (r->verdict <= i->record->verdict && r->severity <= i->rule_severity)
        return false;
    return incident_show_instead(t, i, r, class);
}

bool incident_show_instead(struct incidents *t, struct incident *i, const struct record *r,
                           struct bytes class) {
    struct record *worse = incident_show(t, r, class);
    if (!worse)
        return false;
    if (worse->verdict < i->record->verdict)
        worse->verdict = i->record->verdict;
    if (worse->distinct < i->record->distinct)
        worse->distinct = i->record->distinct;
    if (r->severity > i->rule_severity)
        i->rule_severity = r->severity;
    worse->severity = i->record->severity;
    worse->tries = i->record->tries;
    worse->uploads = i->record->uploads;
    worse->sizes = i->record->sizes;
    free(i->record);
    i->record = worse;
    return true;
}

bool incident_show_built(struct incidents *t, struct incident *i) {
    struct record *newer = shown_pack(&t->builder, i->record->id);
    if (!newer)
        return false;
    free(i->record);
    i->record = newer;
    return true;
}

static bool has_all_terms(struct bytes terms, struct bytes wanted) {
    struct bytes term;
    while (list_next(&wanted, &term))
        if (!memmem(terms.p, terms.n, term.p, term.n))
            return false;
    return true;
}

bool incident_renew_reason(struct incidents *t, struct incident *i, const struct record *r) {
    struct bytes reason = record_text_of(r, TEXT_REASON), terms = record_text_of(r, TEXT_TERM);
    struct bytes known = record_text_of(i->record, TEXT_TERM);
    if (r->verdict != i->record->verdict || bytes_equal(reason, record_text_of(i->record, TEXT_REASON)) ||
        !has_all_terms(terms, known))
        return false;
    bool more = !has_all_terms(known, terms);
    record_copy(&t->builder, i->record);
    record_text(&t->builder, TEXT_REASON, reason);
    record_text(&t->builder, TEXT_TERM, terms);
    return incident_show_built(t, i) && more;
}

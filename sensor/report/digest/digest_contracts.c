/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/outlook.h"
#include "report/digest/digest.h"
#include "report/quota/quota.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct looking {
    struct digest_contract *out;
    size_t count, most; /* count: those that found no room too */
};

__attribute__((format(printf, 4, 5))) static void
add_contract(struct looking *l, const struct partner *p, const struct contract *c, const char *format, ...) {
    va_list args;
    if (l->count++ >= l->most)
        return;
    struct digest_contract *to = &l->out[l->count - 1];
    *to = (struct digest_contract){.partner = p->name, .contract = c ? c->id : NULL};
    va_start(args, format);
    vsnprintf(to->says, sizeof to->says, format, args);
    va_end(args);
}

static void look_ahead(void *context, const struct outlook_item *i) {
    if (i->kind != OUTLOOK_UNREACHABLE && i->partner)
        add_contract(context, i->partner, i->contract, "%s", i->text);
}

/* Four fifths. */
static bool is_nearly_used(uint64_t used, uint64_t limit) {
    return limit && used >= limit - limit / 5;
}

static void look_at_limit(struct looking *l, const struct quota_line *q, const char *span,
                          const struct contract_amount *used, const struct contract_amount *limit) {
    if (is_nearly_used(used->objects, limit->objects))
        add_contract(l, q->partner, q->contract, "%" PRIu64 " of %" PRIu64 " objects %s", used->objects,
                     limit->objects, span);
    if (is_nearly_used(used->bytes, limit->bytes))
        add_contract(l, q->partner, q->contract, "%" PRIu64 " of %" PRIu64 " bytes %s", used->bytes,
                     limit->bytes, span);
}

static void look_at_use(void *context, const struct quota_line *q) {
    look_at_limit(context, q, "today", &q->day, &q->contract->day);
    look_at_limit(context, q, "this month", &q->month, &q->contract->month);
}

static void look_for_unused(void *context, const struct quota_line *q) {
    if (q->first == 0)
        add_contract(context, q->partner, q->contract, "was never used since it is watched");
}

size_t digest_contracts(const struct policy *p, const struct quotas *quotas, time_ns now,
                        struct digest_contract *out, size_t most) {
    struct looking l = {.out = out, .most = most};
    if (!p)
        return 0;
    policy_outlook(p, now, look_ahead, &l);
    quotas_each(quotas, now, look_at_use, &l);
    quotas_each(quotas, now, look_for_unused, &l); /* last, since what is merely unused can wait */
    return l.count;
}

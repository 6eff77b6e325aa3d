/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/outlook.h"

#include "policy/contracts.h"
#include "policy/networks.h"

#include <stdarg.h>
#include <stdio.h>

const char *outlook_name(enum outlook_kind kind) {
    static const char *const names[OUTLOOK_KINDS] = {[OUTLOOK_ENDED] = "ended",
                                                     [OUTLOOK_ENDS] = "ends",
                                                     [OUTLOOK_NO_CONTRACT] = "no-contract",
                                                     [OUTLOOK_UNREACHABLE] = "unreachable"};
    return names[kind];
}

struct teller {
    void (*item)(void *context, const struct outlook_item *i);
    void *context;
    size_t count;
};

__attribute__((format(printf, 3, 4))) static void tell_item(struct teller *t, struct outlook_item *i,
                                                            const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(i->text, sizeof i->text, format, args);
    va_end(args);
    t->item(t->context, i);
    t->count++;
}

/* --- contracts --- */

static void look_at_contract(struct teller *t, const struct partner *p, const struct contract *c,
                             int32_t today) {
    char day[CLOCK_TEXT_MAX];
    struct outlook_item i = {.partner = p, .contract = c, .file = c->file, .line = c->term_line[TERM_DATES]};
    contract_day(c->until, day);
    if (c->until < today) {
        i.kind = OUTLOOK_ENDED;
        i.days = today - c->until;
        tell_item(t, &i, "contract %s of %s ended on %s: it approves nothing any more; renew or remove it",
                  c->id, p->name, day);
    } else if (c->until - today <= OUTLOOK_DAYS) {
        i.kind = OUTLOOK_ENDS;
        i.days = c->until - today;
        tell_item(t, &i,
                  "contract %s of %s ends on %s, in %d day%s; renew it before, or what goes there alerts",
                  c->id, p->name, day, i.days, i.days == 1 ? "" : "s");
    }
}

static void look_at_partner(struct teller *t, const struct partner *p, time_ns now) {
    bool any = false;
    for (size_t i = 0; i < p->contract_count; i++) {
        int32_t today = hours_day(contract_zone(&p->contracts[i]), now);
        any |= p->contracts[i].until >= today;
        look_at_contract(t, p, &p->contracts[i], today);
    }
    struct outlook_item i = {.kind = OUTLOOK_NO_CONTRACT, .partner = p, .file = p->file, .line = p->line};
    if (!any)
        tell_item(
            t, &i,
            "partner %s has no %scontract: all that rules find on its way there alerts; add one, or leave "
            "it so",
            p->name, p->contract_count ? "valid " : "");
}

/* --- prefixes --- */

/* The last address. */
static struct address end_of(const struct prefix *p) {
    struct address a = p->base;
    for (unsigned bit = p->length; bit < 128; bit++)
        a.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    return a;
}

/* Adds one; false: it was the highest of all. */
static bool increase_address(struct address *a) {
    for (int i = 15; i >= 0; i--)
        if (++a->bytes[i])
            return true;
    return false;
}

/* Do the entries behind it, which are sorted, hold all of its addresses, and one of them for another owner?
 */
static bool is_covered(const struct network_entry *e, const struct network_entry *end) {
    struct address next = e->prefix.base, last = end_of(&e->prefix);
    bool others = false;
    for (const struct network_entry *n = e + 1; n < end && prefix_contains(&e->prefix, &n->prefix.base);
         n++) {
        if (memcmp(&n->prefix.base, &next, sizeof next) > 0)
            return false;
        struct address stop = end_of(&n->prefix);
        others |= n->value != e->value;
        if (memcmp(&stop, &next, sizeof next) < 0)
            continue; /* inside of what was seen */
        next = stop;
        if (memcmp(&stop, &last, sizeof last) == 0)
            return others;
        increase_address(&next);
    }
    return false;
}

static void look_at_prefixes(struct teller *t, const struct policy *p) {
    char text[ADDRESS_TEXT_MAX + 4];
    size_t count;
    const struct network_entry *all = policy_entries(p, &count);
    for (size_t k = 0; k < count; k++) {
        const struct network_entry *e = &all[k];
        struct outlook_item i = {.kind = OUTLOOK_UNREACHABLE, .file = e->file, .line = e->line};
        if (is_covered(e, all + count))
            tell_item(
                t, &i,
                "%s of %s is never the longest prefix: narrower ones of others hold all of it; remove it, "
                "or theirs",
                prefix_format(&e->prefix, text), e->owner ? e->owner : "internal-networks");
    }
}

size_t policy_outlook(const struct policy *p, time_ns now,
                      void (*item)(void *context, const struct outlook_item *i), void *context) {
    struct teller t = {item, context, 0};
    for (uint32_t i = 0; i < policy_receivers(p); i++)
        look_at_partner(&t, policy_receiver(p, i), now);
    look_at_prefixes(&t, p);
    return t.count;
}

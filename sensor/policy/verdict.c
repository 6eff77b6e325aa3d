/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include "policy/contracts.h"
#include "policy/target.h"
#include "policy/term.h"

const char *verdict_name(enum verdict v) {
    static const char *const names[] = {[VERDICT_INTERNAL] = "internal",
                                        [VERDICT_APPROVED] = "approved",
                                        [VERDICT_BREACH] = "breach",
                                        [VERDICT_UNAPPROVED] = "unapproved",
                                        [VERDICT_UNKNOWN] = "unknown",
                                        [VERDICT_READER_BREACH] = "reader-breach",
                                        [VERDICT_UNAPPROVED_READER] = "unapproved-reader"};
    return (size_t)v < sizeof names / sizeof names[0] ? names[v] : "unknown";
}

/* --- Partners --- */

/* No contract holds today: the one that is nearest explains why. */
static void judge_without(const struct partner *p, time_ns time, struct judgement *out) {
    const struct contract *past = NULL, *coming = NULL;
    char text[CLOCK_TEXT_MAX];
    for (size_t i = 0; i < p->contract_count; i++) {
        const struct contract *c = &p->contracts[i];
        int32_t day = hours_day(contract_zone(c), time);
        if (c->until < day && (!past || c->until > past->until))
            past = c;
        if (c->from > day && (!coming || c->from < coming->from))
            coming = c;
    }
    out->verdict = VERDICT_UNAPPROVED;
    out->contract = past ? past : coming;
    out->terms = out->contract ? TERM_BIT(TERM_DATES) : 0;
    if (past)
        term_say(out->reason, "contract %s of %s ended on %s", past->id, p->name,
                 contract_day(past->until, text));
    else if (coming)
        term_say(out->reason, "contract %s of %s begins on %s only", coming->id, p->name,
                 contract_day(coming->from, text));
    else
        term_say(out->reason, "%s has no contract", p->name);
}

/* How far a contract is from covering it: the class first, then how many terms are broken. */
static int measure_distance(unsigned broken) {
    return (broken & TERM_BIT(TERM_CLASS) ? TERM_COUNT : 0) + __builtin_popcount(broken);
}

/* One contract must cover everything: the class of one and the protocol of another do not add up. */
static void judge_partner(const struct partner *p, const struct judgement_facts *f, struct judgement *out) {
    struct contract_use use, near_use;
    *out = (struct judgement){.partner = p};
    for (size_t i = 0; i < p->contract_count; i++) {
        const struct contract *c = &p->contracts[i];
        unsigned broken = contract_broken(c, f, &use);
        if (broken & TERM_BIT(TERM_DATES) ||
            (out->contract && measure_distance(broken) >= measure_distance(out->terms)))
            continue;
        out->contract = c;
        out->terms = broken;
        near_use = use;
    }
    if (!out->contract) {
        judge_without(p, f->time, out);
        return;
    }
    out->verdict = out->terms ? VERDICT_BREACH : VERDICT_APPROVED;
    if (out->terms)
        term_explain(&(struct term_facts){out->contract, f, &near_use}, out->terms, out->reason);
    else
        term_say(out->reason, f->class ? "contract %s covers it" : "contract %s is valid", out->contract->id);
}

bool policy_covers_all(const struct policy *p, const struct address *destination, time_ns time) {
    const struct judgement_facts facts = {.time = time};
    struct place to = policy_place(p, destination);
    struct contract_use use;
    const struct partner *partner =
        to.kind == PLACE_PARTNER ? policy_partner(p, to.index) : policy_reader_at(p, destination);
    for (size_t i = 0; partner && i < partner->contract_count; i++)
        if (contract_covers_all(&partner->contracts[i], policy_seeks_canaries(p)) &&
            !contract_broken(&partner->contracts[i], &facts, &use))
            return true;
    return false;
}

/* --- Addresses and names --- */

/* Who may read inside: a reader by its contracts. Of nobody else anything is said before there is a class. */
static void judge_inside(const struct policy *p, const struct judgement_facts *f, const struct address *a,
                         struct judgement *out) {
    const struct partner *reader = policy_reader_at(p, a);
    if (!reader) {
        out->verdict = f->class ? VERDICT_UNAPPROVED_READER : VERDICT_INTERNAL;
        term_say(out->reason, f->class ? "the address is inside, and no reader's" : "the address is inside");
        return;
    }
    judge_partner(reader, f, out);
    if (out->verdict == VERDICT_BREACH)
        out->verdict = VERDICT_READER_BREACH;
    else if (out->verdict == VERDICT_UNAPPROVED)
        out->verdict = VERDICT_UNAPPROVED_READER;
}

static void judge_address(const struct policy *p, const struct judgement_facts *f, const struct address *a,
                          struct judgement *out) {
    struct place to = policy_place(p, a);
    *out = (struct judgement){.verdict = VERDICT_UNKNOWN};
    if (to.kind == PLACE_PARTNER) {
        judge_partner(policy_partner(p, to.index), f, out);
    } else if (policy_has_readers(p) && to.kind != PLACE_UNKNOWN) {
        judge_inside(p, f, a, out);
    } else if (to.kind == PLACE_UNKNOWN) {
        term_say(out->reason, "the address belongs to no partner");
    } else {
        out->verdict = VERDICT_INTERNAL;
        term_say(out->reason, to.kind == PLACE_IMAGE ? "the address is in an image network"
                                                     : "the address is in an internal network");
    }
}

/* The sender chooses the name, so it may only add to the suspicion: the worse of both verdicts holds. To whom
 * the name belongs is worth telling in any case where the address says nothing. */
static void judge_name(const struct partner *named, const struct judgement_facts *f, struct judgement *out) {
    struct judgement by_name;
    if (out->verdict == VERDICT_UNKNOWN) {
        out->partner = named;
        out->reason[0] = '\0';
        term_say(out->reason, "the address belongs to no partner, the name to %s", named->name);
        return;
    }
    judge_partner(named, f, &by_name);
    if (by_name.verdict <= out->verdict)
        return;
    const char *owner = out->partner ? out->partner->name : NULL;
    *out = by_name;
    out->terms |= TERM_BIT(TERM_NAME);
    out->reason[0] = '\0';
    if (owner)
        term_say(out->reason, "the name belongs to %s, the address to %s: %s", named->name, owner,
                 by_name.reason);
    else
        term_say(out->reason, "the name belongs to %s: %s", named->name, by_name.reason);
}

static void judge_target_name(const struct policy *p, const struct judgement_facts *f, struct bytes name,
                              struct judgement *out) {
    const struct partner *named = policy_partner_named(p, name);
    *out = (struct judgement){.verdict = VERDICT_UNKNOWN};
    if (named) {
        judge_partner(named, f, out);
    } else if (policy_owns(p, name)) {
        out->verdict = VERDICT_INTERNAL;
        term_say(out->reason, "the name is one of internal-domains");
    } else {
        term_say(out->reason, "a relay was asked for a name that belongs to no partner");
    }
}

static void judge_one_target(const struct policy *p, const struct judgement_facts *f, struct bytes text,
                             struct judgement *out) {
    struct target t;
    if (!target_parse(text, &t)) {
        *out = (struct judgement){.verdict = VERDICT_INTERNAL};
        term_say(out->reason, "the address is a relay's, and nothing says whom it is for");
    } else if (t.addressed && policy_relays(p, &t.address)) {
        *out = (struct judgement){.verdict = VERDICT_INTERNAL};
        term_say(out->reason, "the address is a relay's own");
    } else if (t.addressed) {
        judge_address(p, f, &t.address, out);
    } else {
        judge_target_name(p, f, t.name, out);
    }
    out->target = text;
}

/* A partner that may not receive is told at once, whoever else is asked for. */
static unsigned weigh_target(enum verdict v) {
    return v == VERDICT_UNAPPROVED || v == VERDICT_BREACH ? VERDICT_COUNT + (unsigned)v : (unsigned)v;
}

/* What goes to a relay is for whom it was asked: of several the worst. */
static void judge_target(const struct policy *p, const struct judgement_facts *f, struct judgement *out) {
    struct bytes left = f->target.n ? f->target : f->host, one = bytes_of(NULL, 0);
    struct judgement j;
    target_next(&left, &one);
    judge_one_target(p, f, one, out);
    while (target_next(&left, &one)) {
        judge_one_target(p, f, one, &j);
        if (weigh_target(j.verdict) > weigh_target(out->verdict))
            *out = j;
    }
    out->relayed = true;
}

/* What a proxy outside is asked for: an address, or a name that belongs to a partner. Of what stands in its
 * own network nobody here knows, and a name of nobody's says no more than the proxy's address. */
static bool judge_behind(const struct policy *p, const struct judgement_facts *f, struct bytes text,
                         struct judgement *out) {
    struct target t;
    if (!target_parse(text, &t))
        return false;
    const struct partner *named = t.addressed ? NULL : policy_partner_named(p, t.name);
    *out = (struct judgement){.verdict = VERDICT_UNKNOWN};
    if (t.addressed)
        judge_address(p, f, &t.address, out);
    else if (named)
        judge_partner(named, f, out);
    return (t.addressed || named) && out->verdict > VERDICT_APPROVED;
}

/* The worse of the proxy's verdict and of those of whom it is asked for. */
static void judge_proxied(const struct policy *p, const struct judgement_facts *f, struct judgement *out) {
    struct bytes left = f->proxied, one;
    struct judgement j;
    while (target_next(&left, &one)) {
        if (!judge_behind(p, f, one, &j) || weigh_target(j.verdict) <= weigh_target(out->verdict))
            continue;
        char reason[JUDGEMENT_REASON_MAX];
        memcpy(reason, j.reason, sizeof reason);
        *out = j;
        out->reason[0] = '\0';
        term_say(out->reason, "a proxy was asked for %.*s: %s", (int)one.n, (const char *)one.p, reason);
    }
}

static bool is_inside(const struct policy *p, const struct address *a) {
    enum place_kind kind = policy_place(p, a).kind;
    return kind == PLACE_IMAGE || kind == PLACE_INTERNAL;
}

/* From good to bad as enum verdict has it: internal, approved, breach, unapproved, unknown. What stays inside
 * is for its reader, whatever it is called. */
static void judge_one(const struct policy *p, const struct judgement_facts *facts, struct judgement *out) {
    bool relayed = facts->passed_on || policy_relays(p, &facts->destination);
    if (relayed)
        judge_target(p, facts, out);
    else
        judge_address(p, facts, &facts->destination, out);
    bool inside = !relayed && policy_has_readers(p) && is_inside(p, &facts->destination);
    const struct partner *named = inside ? NULL : policy_partner_named(p, facts->host);
    const struct bytes target = out->target;
    if (named && named != out->partner)
        judge_name(named, facts, out);
    if (!relayed && facts->proxied.n && !inside)
        judge_proxied(p, facts, out);
    out->relayed = relayed;
    out->target = target;
}

/* Empty without a domain: somebody of the server's own, or a piece of a quoted name that holds a comma. */
static struct bytes name_of(struct bytes recipient) {
    struct target t;
    bool domain = recipient.n && memchr(recipient.p, '@', recipient.n);
    return domain && target_parse(recipient, &t) ? t.name : bytes_of(NULL, 0);
}

/* Mail goes to every one of its recipients. */
void policy_judge(const struct policy *p, const struct judgement_facts *facts, struct judgement *out) {
    struct bytes rest = facts->recipients, recipient;
    struct judgement one;
    bool any = false;
    while (target_next(&rest, &recipient)) {
        struct judgement_facts f = *facts;
        f.target = recipient;
        f.host = name_of(recipient);
        if (f.host.n == 0)
            continue;
        judge_one(p, &f, &one);
        if (any && weigh_target(one.verdict) <= weigh_target(out->verdict))
            continue;
        *out = one;
        out->target = recipient;
        any = true;
    }
    if (!any)
        judge_one(p, facts, out);
}

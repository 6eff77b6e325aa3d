/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include "base/utf8.h"
#include "policy/contracts.h"

#include <stdarg.h>
#include <stdio.h>

const char *verdict_name(enum verdict v) {
    static const char *const names[] = {[VERDICT_INTERNAL] = "internal",
                                        [VERDICT_APPROVED] = "approved",
                                        [VERDICT_BREACH] = "breach",
                                        [VERDICT_UNAPPROVED] = "unapproved",
                                        [VERDICT_UNKNOWN] = "unknown"};
    return (size_t)v < sizeof names / sizeof names[0] ? names[v] : "unknown";
}

/* Cut at a character's end. */
__attribute__((format(printf, 2, 3))) static void explain(struct judgement *j, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    length = utf8_fit(bytes_of(text, length), sizeof j->reason - 1);
    memcpy(j->reason, text, length);
    j->reason[length] = '\0';
}

/* Days since 1970-01-01 UTC, downwards before it. */
static int32_t day_of(time_ns t) {
    time_ns day = 86400 * NS_PER_S;
    return (int32_t)(t / day - (t % day < 0));
}

/* --- Partners
 * ----------------------------------------------------------------------------------------------- */

/* No contract holds today: the one that is nearest explains why. */
static void judge_without(const struct partner *p, int32_t day, struct judgement *out) {
    const struct contract *past = NULL, *coming = NULL;
    char text[CLOCK_TEXT_MAX];
    for (size_t i = 0; i < p->contract_count; i++) {
        const struct contract *c = &p->contracts[i];
        if (c->until < day && (!past || c->until > past->until))
            past = c;
        if (c->from > day && (!coming || c->from < coming->from))
            coming = c;
    }
    out->verdict = VERDICT_UNAPPROVED;
    out->contract = past ? past : coming;
    out->term = out->contract ? "dates" : NULL;
    if (past)
        explain(out, "contract %s of %s ended on %s", past->id, p->name, contract_day(past->until, text));
    else if (coming)
        explain(out, "contract %s of %s begins on %s only", coming->id, p->name,
                contract_day(coming->from, text));
    else
        explain(out, "%s has no contract", p->name);
}

static void judge_breach(const struct contract *c, bool class_covered, const struct judgement_facts *f,
                         struct judgement *out) {
    const char *protocol = f->application ? f->application : f->master;
    out->verdict = VERDICT_BREACH;
    out->contract = c;
    out->term = class_covered ? "protocol" : "class";
    if (!class_covered)
        explain(out, "contract %s does not cover the class %s", c->id, f->class);
    else if (protocol)
        explain(out, "contract %s does not cover the protocol %s", c->id, protocol);
    else
        explain(out, "contract %s covers certain protocols only, and this one is not recognised", c->id);
}

/* One contract must cover everything: the class of one and the protocol of another do not add up. */
static void judge_partner(const struct partner *p, const struct judgement_facts *f, struct judgement *out) {
    int32_t day = day_of(f->time);
    const struct contract *valid = NULL, *near = NULL;
    *out = (struct judgement){.partner = p};
    for (size_t i = 0; i < p->contract_count; i++) {
        const struct contract *c = &p->contracts[i];
        if (!contract_valid(c, day))
            continue;
        bool class_covered = !f->class || contract_covers_class(c, f->class);
        if (class_covered && contract_covers_protocol(c, f->application, f->master)) {
            out->verdict = VERDICT_APPROVED;
            out->contract = c;
            explain(out, f->class ? "contract %s covers it" : "contract %s is valid", c->id);
            return;
        }
        valid = valid ? valid : c;
        near = !near && class_covered ? c : near;
    }
    if (valid)
        judge_breach(near ? near : valid, near != NULL, f, out);
    else
        judge_without(p, day, out);
}

/* --- Addresses and names
 * ------------------------------------------------------------------------------------ */

static void judge_address(const struct policy *p, const struct judgement_facts *f, struct judgement *out) {
    struct place to = policy_place(p, &f->destination);
    *out = (struct judgement){.verdict = VERDICT_UNKNOWN};
    if (to.kind == PLACE_PARTNER) {
        judge_partner(policy_partner(p, to.index), f, out);
    } else if (to.kind == PLACE_UNKNOWN) {
        explain(out, "the address belongs to no partner");
    } else {
        out->verdict = VERDICT_INTERNAL;
        explain(out, to.kind == PLACE_IMAGE ? "the address is in an image network"
                                            : "the address is in an internal network");
    }
}

/* The sender chooses the name, so it may only add to the suspicion: the worse of both verdicts holds. To whom
 * the name belongs is worth telling in any case where the address says nothing. */
static void judge_name(const struct partner *named, const struct judgement_facts *f, struct judgement *out) {
    struct judgement by_name;
    if (out->verdict == VERDICT_UNKNOWN) {
        out->partner = named;
        explain(out, "the address belongs to no partner, the name to %s", named->name);
        return;
    }
    judge_partner(named, f, &by_name);
    if (by_name.verdict <= out->verdict)
        return;
    const char *owner = out->partner ? out->partner->name : NULL;
    char why[sizeof by_name.reason];
    memcpy(why, by_name.reason, sizeof why);
    *out = by_name;
    out->term = "name";
    if (owner)
        explain(out, "the name belongs to %s, the address to %s: %s", named->name, owner, why);
    else
        explain(out, "the name belongs to %s: %s", named->name, why);
}

/* From good to bad as enum verdict has it: internal, approved, breach, unapproved, unknown. */
void policy_judge(const struct policy *p, const struct judgement_facts *facts, struct judgement *out) {
    judge_address(p, facts, out);
    const struct partner *named = policy_partner_named(p, facts->host);
    if (named && named != out->partner)
        judge_name(named, facts, out);
}

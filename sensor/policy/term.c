/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/term.h"

#include "base/size.h"
#include "base/utf8.h"
#include "policy/contracts.h"
#include "settings/unit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Terms of one contract: which do not hold, and the sentences that say so. */

const char *term_name(enum contract_term term) {
    static const char *const names[TERM_COUNT] = {[TERM_NAME] = "name",
                                                  [TERM_DATES] = "dates",
                                                  [TERM_CLASS] = "class",
                                                  [TERM_PROTOCOL] = "protocol",
                                                  [TERM_HOURS] = "hours",
                                                  [TERM_DAY_OBJECTS] = "per-day objects",
                                                  [TERM_DAY_BYTES] = "per-day bytes",
                                                  [TERM_MONTH_OBJECTS] = "per-month objects",
                                                  [TERM_MONTH_BYTES] = "per-month bytes"};
    return names[term];
}

unsigned contract_broken(const struct contract *c, const struct judgement_facts *f,
                         struct contract_use *use) {
    int32_t day = hours_day(contract_zone(c), f->time);
    unsigned broken = 0;
    *use = (struct contract_use){0};
    if (day < c->from || day > c->until)
        broken |= TERM_BIT(TERM_DATES);
    if (f->class && !contract_covers_class(c, f->class))
        broken |= TERM_BIT(TERM_CLASS);
    if (!f->any_protocol && !contract_covers_protocol(c, f->application, f->master))
        broken |= TERM_BIT(TERM_PROTOCOL);
    if (c->hours && !hours_hold(c->hours, f->time))
        broken |= TERM_BIT(TERM_HOURS);
    if (f->use)
        f->use(f->context, c, use);
    return broken | (use->broken & TERM_LIMITS);
}

/* --- sentences --- */

void term_say(char reason[JUDGEMENT_REASON_MAX], const char *format, ...) {
    char text[2 * JUDGEMENT_REASON_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t old = strlen(reason), length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    length = utf8_fit(bytes_of(text, length), JUDGEMENT_REASON_MAX - 1 - old);
    memcpy(reason + old, text, length);
    reason[old + length] = '\0';
}

static void say_class(const struct term_facts *t, const char *whose, char *reason) {
    term_say(reason, "class %s is not in %s", t->facts->class, whose);
}

static void say_protocol(const struct term_facts *t, const char *whose, char *reason) {
    const char *name = t->facts->application ? t->facts->application : t->facts->master;
    if (name)
        term_say(reason, "protocol %s is not in %s", name, whose);
    else
        term_say(reason, "the protocol is not recognised, and %s names some", whose);
}

static void say_hours(const struct term_facts *t, const char *whose, char *reason) {
    char moment[HOURS_MOMENT_MAX];
    const struct hours *h = t->contract->hours;
    const char *zone = h->zone ? h->zone->name : "UTC";
    hours_moment(h->zone, t->facts->time, moment);
    if (*reason)
        term_say(reason, "%s is outside its hours (%s %s)", moment, h->text, zone);
    else
        term_say(reason, "%s is outside the hours of %s (%s %s)", moment, whose, h->text, zone);
}

/* A limit stands without "whose" behind another term, and names the contract where it is the first. */
static void say_whose(const char *whose, char *reason) {
    if (!*reason)
        term_say(reason, "%s: ", whose);
}

static void say_objects(uint64_t n, uint64_t limit, const char *span, const char *whose, char *reason) {
    say_whose(whose, reason);
    term_say(reason, "%" PRIu64 " object%s %s, limit %" PRIu64, n, n == 1 ? "" : "s", span, limit);
}

static void say_bytes(uint64_t n, uint64_t limit, const char *span, const char *whose, char *reason) {
    char amount[SIZE_TEXT_MAX], most[UNIT_TEXT_MAX];
    say_whose(whose, reason);
    term_say(reason, "%s %s, limit %s", size_format(n, amount), span, unit_format(limit, unit_sizes, most));
}

static void say_day_objects(const struct term_facts *t, const char *whose, char *reason) {
    say_objects(t->use->day.objects, t->contract->day.objects, "today", whose, reason);
}

static void say_day_bytes(const struct term_facts *t, const char *whose, char *reason) {
    say_bytes(t->use->day.bytes, t->contract->day.bytes, "today", whose, reason);
}

static void say_month_objects(const struct term_facts *t, const char *whose, char *reason) {
    say_objects(t->use->month.objects, t->contract->month.objects, "this month", whose, reason);
}

static void say_month_bytes(const struct term_facts *t, const char *whose, char *reason) {
    say_bytes(t->use->month.bytes, t->contract->month.bytes, "this month", whose, reason);
}

void term_explain(const struct term_facts *t, unsigned broken, char reason[JUDGEMENT_REASON_MAX]) {
    static void (*const say[TERM_COUNT])(const struct term_facts *, const char *, char *) = {
        [TERM_CLASS] = say_class,
        [TERM_PROTOCOL] = say_protocol,
        [TERM_HOURS] = say_hours,
        [TERM_DAY_OBJECTS] = say_day_objects,
        [TERM_DAY_BYTES] = say_day_bytes,
        [TERM_MONTH_OBJECTS] = say_month_objects,
        [TERM_MONTH_BYTES] = say_month_bytes,
    };
    char whose[NAME_MAX_BYTES + 16];
    snprintf(whose, sizeof whose, "contract %s", t->contract->id);
    const char *name = whose;
    for (unsigned i = 0; i < TERM_COUNT; i++) {
        if (!(broken & TERM_BIT(i)) || !say[i])
            continue;
        if (*reason)
            term_say(reason, "; ");
        say[i](t, name, reason);
        name = "it";
    }
}

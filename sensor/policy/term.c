/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/term.h"

#include "base/size.h"
#include "base/utf8.h"
#include "policy/contracts.h"
#include "settings/unit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

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
    if (!f->any_protocol && !contract_covers_protocol(c, f->protocol))
        broken |= TERM_BIT(TERM_PROTOCOL);
    if (c->hours && !hours_hold(c->hours, f->time))
        broken |= TERM_BIT(TERM_HOURS);
    if (f->use)
        f->use(f->context, c, use);
    return broken | (use->broken & TERM_LIMITS);
}

uint64_t term_amount(enum contract_term limit, const struct contract_amount *day,
                     const struct contract_amount *month) {
    const struct contract_amount *a = TERM_BIT(limit) & TERM_OF_DAY ? day : month;
    return TERM_BIT(limit) & TERM_OF_BYTES ? a->bytes : a->objects;
}

/* --- sentences --- */

void term_say(char reason[JUDGEMENT_REASON_MAX], const char *format, ...) {
    char text[2 * JUDGEMENT_REASON_MAX];
    size_t plain = strlen(format), used = strlen(reason);
    va_list args;
    if (plain < JUDGEMENT_REASON_MAX - used && !memchr(format, '%', plain)) { /* as of each stranger */
        memcpy(reason + used, format, plain + 1);
        return;
    }
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    length = utf8_fit(bytes_of(text, length), JUDGEMENT_REASON_MAX - 1 - used);
    memcpy(reason + used, text, length);
    reason[used + length] = '\0';
}

static void say_protocol(const struct term_facts *t, const char *whose, char *reason) {
    char name[32];
    size_t n = 0;
    for (const char *p = t->facts->protocol; p && *p && n < sizeof name - 1; p++)
        name[n++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    name[n] = '\0';
    if (n)
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
static void say_limit(const struct term_facts *t, enum contract_term term, const char *whose, char *reason) {
    const char *span = TERM_BIT(term) & TERM_OF_DAY ? "today" : "this month";
    uint64_t n = term_amount(term, &t->use->day, &t->use->month);
    uint64_t limit = term_amount(term, &t->contract->day, &t->contract->month);
    char amount[SIZE_TEXT_MAX], most[UNIT_TEXT_MAX];
    if (!*reason)
        term_say(reason, "%s: ", whose);
    if (TERM_BIT(term) & TERM_OF_BYTES)
        term_say(reason, "%s %s, limit %s", size_format(n, amount), span,
                 unit_format(limit, unit_sizes, most));
    else
        term_say(reason, "%" PRIu64 " object%s %s, limit %" PRIu64, n, n == 1 ? "" : "s", span, limit);
}

void term_explain(const struct term_facts *t, unsigned broken, char reason[JUDGEMENT_REASON_MAX]) {
    char whose[NAME_MAX_BYTES + 16];
    snprintf(whose, sizeof whose, "contract %s", t->contract->id);
    const char *name = whose;
    broken &= ~(TERM_BIT(TERM_NAME) | TERM_BIT(TERM_DATES)); /* told by who judges names and dates */
    for (enum contract_term term = 0; term < TERM_COUNT; term++) {
        if (!(broken & TERM_BIT(term)))
            continue;
        if (*reason)
            term_say(reason, "; ");
        if (term == TERM_CLASS)
            term_say(reason, "class %s is not in %s", t->facts->class, name);
        else if (term == TERM_PROTOCOL)
            say_protocol(t, name, reason);
        else if (term == TERM_HOURS)
            say_hours(t, name, reason);
        else
            say_limit(t, term, name, reason);
        name = "it";
    }
}

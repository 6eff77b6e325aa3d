/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/fleet_line.h"

#include "base/counter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGESTS_AT_ONCE = 256, KEY_MAX = 2048 };
static const time_ns read_ns = 300 * NS_PER_S;
/* For how long keys are kept after they were first written. */
#define HOURS_KEPT "259200"  /* 3 days */
#define DAYS_KEPT "4060800"  /* 47 days */
#define LINES_KEPT "4838400" /* 8 weeks */

/* --- lines --- */

static struct fleet_line *line_of(struct matter *m) {
    return (struct fleet_line *)((char *)m - offsetof(struct fleet_line, matter));
}

void line_begin(struct fleet_line *line) {
    line->seen[0] = line->seen[1] = line->week = -1;
}

static void judge_line(struct fleet *f, struct matter *m) {
    struct share *s = line_of(m)->share;
    if (s->entry)
        ledger_share_judge(f->parts.ledger, s);
}

static void all_answered(struct fleet *f, struct matter *m) {
    struct fleet_line *line = line_of(m);
    if (line->share->entry)
        judge_line(f, m);
    else if (!line->share->listed)
        line_drop(f, line);
}

static struct fleet_line *make_line(struct fleet *f, struct share *s) {
    struct fleet_line *line = calloc(1, sizeof *line);
    if (!line)
        return NULL;
    line->share = s;
    line->matter.answered = all_answered;
    line->matter.judge = judge_line;
    for (unsigned i = 0; i < SHARE_RULES_MAX; i++) {
        line->lease[i].matter = &line->matter;
        snprintf(line->lease[i].alarm, LEASE_ALARM_MAX, "%u", i);
    }
    line_begin(line);
    secret_name(&f->options->secret, share_key(s), line->matter.name);
    line->next = f->lines;
    if (line->next)
        line->next->previous = line;
    f->lines = line;
    s->line = line;
    return line;
}

/* With what is left of a line that the ledger forgot. */
void line_drop(struct fleet *f, struct fleet_line *line) {
    for (unsigned i = 0; i < SHARE_RULES_MAX; i++)
        lease_leave(f, &line->lease[i]);
    *(line->previous ? &line->previous->next : &f->lines) = line->next;
    if (line->next)
        line->next->previous = line->previous;
    line->share->line = NULL;
    if (!line->share->entry && !line->share->listed)
        share_free(line->share);
    free(line);
}

bool line_under_way(const struct share *s) {
    const struct fleet_line *line = s->line;
    return line && line->matter.under_way;
}

void line_forget(struct fleet *f, struct share *s) {
    if (line_under_way(s))
        return; /* all_answered() comes */
    if (s->line)
        line_drop(f, s->line);
    else
        share_free(s);
}

void line_gone(void *context, struct share *s) {
    if (!s->listed)
        line_forget(context, s);
}

/* --- alarms --- */

enum share_permit line_permit(void *context, struct share *s, unsigned rule) {
    struct fleet *f = context;
    struct fleet_line *line = s->line;
    if (f->away || !f->engine)
        return SHARE_TELL;
    if (!line) /* it is written first */
        return engine_has_room(f->engine) ? SHARE_WAIT : SHARE_TELL;
    return lease_permit(f, &line->lease[rule]);
}

void line_told(void *context, struct share *s, unsigned rule) {
    struct fleet *f = context;
    struct fleet_line *line = s->line;
    if (line && f->engine)
        lease_told(f, &line->lease[rule]);
}

/* --- commands --- */

static void only_answered(void *context, void *subject, const redisReply *reply) {
    matter_answered(context, subject);
}

__attribute__((sentinel)) static void add_words(struct engine_command *c, const char *first, ...) {
    va_list args;
    va_start(args, first);
    for (const char *word = first; word; word = va_arg(args, const char *))
        engine_word(c, bytes_text(word));
    va_end(args);
}

static bool send_words(struct fleet *f, struct fleet_line *line, const struct engine_command *words) {
    return matter_command(f, &line->matter, words, only_answered, &line->matter);
}

static bool expire(struct fleet *f, struct fleet_line *line, const char *place, const char *seconds) {
    struct engine_command words = {.count = 0};
    add_words(&words, "EXPIRE", place, seconds, NULL);
    return send_words(f, line, &words);
}

/* --- reading --- */

struct asked {
    struct fleet_line *line;
    bool day;
    int64_t index;
};

/* The field that this sensor writes. */
static void own_field(const struct fleet *f, const struct fleet_line *line, char out[PLACE_FIELD_MAX]) {
    snprintf(out, PLACE_FIELD_MAX, "%s/%" PRIx64, f->sensor, share_number(line->share));
}

static void bucket_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet *f = context;
    struct asked *a = subject;
    struct fleet_line *line = a->line;
    struct share_amount others = {.day = a->day, .index = a->index};
    char own[PLACE_FIELD_MAX];
    size_t fields;
    if (line->share->entry) {
        own_field(f, line, own);
        if (place_add_up(reply, own, &others, &fields)) {
            share_put(line->share, &others);
            time_ns after = clock_monotonic() + (time_ns)fields * READ_AFTER_FIELD_MS * NS_PER_MS;
            line->read_after = after > line->read_after ? after : line->read_after;
        } else {
            counter_one(COUNTER_FLEET_MALFORMED);
        }
    }
    matter_answered(f, &line->matter);
}

static bool read_bucket(struct fleet *f, struct fleet_line *line, bool day, int64_t index) {
    char place[PLACE_MAX];
    struct engine_command words = {.owned = true};
    struct asked *a = malloc(sizeof *a);
    if (!a)
        return false;
    *a = (struct asked){line, day, index};
    place_of_bucket(f->options, line->matter.name, day ? 'd' : 'h', index, place);
    add_words(&words, "HGETALL", place, NULL);
    if (matter_command(f, &line->matter, &words, bucket_answered, a))
        return true;
    free(a);
    return false;
}

static void plates_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet_line *line = subject;
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0)
        line->share->plates = (uint64_t)reply->integer;
    matter_answered(context, &line->matter);
}

/* Different ones of all days together: they lie in one slot. */
static void read_plates(struct fleet *f, struct fleet_line *line, const int64_t *days, size_t count) {
    char place[LEDGER_PERIOD_DAYS][PLACE_MAX];
    struct engine_command words = {.count = 0};
    engine_word(&words, bytes_text("PFCOUNT"));
    for (size_t i = 0; i < count; i++) {
        place_of_bucket(f->options, line->matter.name, 'p', days[i], place[i]);
        engine_word(&words, bytes_text(place[i]));
    }
    if (count)
        matter_command(f, &line->matter, &words, plates_answered, line);
}

/* Those that the ledger asks for; others are days that nobody needs any more. */
static void buckets_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet *f = context;
    struct fleet_line *line = subject;
    int64_t days[LEDGER_PERIOD_DAYS], index;
    size_t count = 0, read = 0;
    bool day;
    time_ns now = line->share->entry ? ledger_now(f->parts.ledger) : 0;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements && line->share->entry; i++) {
        if (!reply_is_text(reply->element[i]) ||
            !place_read_bucket(reply_bytes(reply->element[i]), &day, &index)) {
            counter_one(COUNTER_FLEET_MALFORMED);
            continue;
        }
        int64_t newest = now / (day ? 86400 * NS_PER_S : 3600 * NS_PER_S);
        if (index > newest || index <= newest - (day ? LEDGER_PERIOD_DAYS : SHARE_HOURS) ||
            ++read > SHARE_BUCKETS)
            continue;
        if (day && count < LEDGER_PERIOD_DAYS)
            days[count++] = index;
        read_bucket(f, line, day, index);
    }
    read_plates(f, line, days, count);
    matter_answered(f, &line->matter);
}

/* What the others had before: once in a while, for a line in which something moved here. */
static void read_all(struct fleet *f, struct fleet_line *line, time_ns now) {
    char place[PLACE_MAX];
    struct engine_command words = {.count = 0};
    if (line->read && now - line->read < read_ns && !f->hurry)
        return;
    place_of_line(f->options, line->matter.name, "b", place);
    add_words(&words, "SMEMBERS", place, NULL);
    if (matter_command(f, &line->matter, &words, buckets_answered, line))
        line->read = now;
}

/* --- writing --- */

static bool write_bucket(struct fleet *f, struct fleet_line *line, const struct share_amount *a) {
    char place[PLACE_MAX], field[PLACE_FIELD_MAX], value[PLACE_AMOUNT_MAX], list[PLACE_MAX], member[24];
    struct engine_command words = {.count = 0}, there = {.count = 0};
    place_of_bucket(f->options, line->matter.name, a->day ? 'd' : 'h', a->index, place);
    own_field(f, line, field);
    place_write_amount(a, value);
    add_words(&words, "HSET", place, field, value, NULL);
    if (!send_words(f, line, &words))
        return false;
    if (line->seen[a->day] == a->index)
        return true;
    place_of_line(f->options, line->matter.name, "b", list);
    snprintf(member, sizeof member, "%c%" PRId64, a->day ? 'd' : 'h', a->index);
    add_words(&there, "SADD", list, member, NULL);
    if (!expire(f, line, place, a->day ? DAYS_KEPT : HOURS_KEPT) || !send_words(f, line, &there) ||
        !expire(f, line, list, DAYS_KEPT))
        return false;
    line->seen[a->day] = a->index > line->seen[a->day] ? a->index : line->seen[a->day];
    return true;
}

static int by_place(const void *a, const void *b) {
    const struct share_digest *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->image - y->image;
}

static bool write_digests(struct fleet *f, struct fleet_line *line, struct share_digest *digests, size_t n) {
    char place[PLACE_MAX];
    if (n)
        qsort(digests, n, sizeof *digests, by_place);
    for (size_t i = 0; i < n;) {
        struct engine_command words = {.count = 0};
        const struct share_digest *first = &digests[i];
        place_of_bucket(f->options, line->matter.name, first->image ? 'i' : 'p', first->day, place);
        add_words(&words, "PFADD", place, NULL);
        for (; i < n && by_place(first, &digests[i]) == 0 && words.count < DIGESTS_AT_ONCE; i++)
            engine_word(&words, bytes_of(&digests[i].digest, sizeof digests[i].digest));
        if (!send_words(f, line, &words) || !expire(f, line, place, DAYS_KEPT))
            return false;
    }
    return true;
}

/* Once a week: for who asks for all lines, and has the key. */
static bool write_name(struct fleet *f, struct fleet_line *line) {
    char place[PLACE_MAX], index[PLACE_MAX];
    uint8_t sealed[KEY_MAX + SEAL_MORE];
    struct engine_command words = {.count = 0}, member = {.count = 0};
    struct bytes key = share_key(line->share);
    int64_t week = ledger_now(f->parts.ledger) / (PLACE_WEEK_DAYS * 86400 * NS_PER_S);
    if (week == line->week || key.n > KEY_MAX)
        return true;
    place_of_line(f->options, line->matter.name, "n", place);
    size_t n = secret_seal(&f->options->secret, bytes_text(place), key, sealed);
    if (!n)
        return false;
    add_words(&words, "SET", place, NULL);
    engine_word(&words, bytes_of(sealed, n));
    add_words(&words, "EX", LINES_KEPT, NULL);
    place_of_lines(f->options, week, line->matter.name[0], index);
    add_words(&member, "SADD", index, line->matter.name, NULL);
    if (!send_words(f, line, &words) || !send_words(f, line, &member) || !expire(f, line, index, LINES_KEPT))
        return false;
    line->week = week;
    return true;
}

/* Of what was just written; of the newest hour and day where that was before. */
static bool read_moved(struct fleet *f, struct fleet_line *line, const struct share_amount *amounts,
                       size_t n) {
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        ok = read_bucket(f, line, amounts[i].day, amounts[i].index);
    for (int day = 0; day <= 1 && n == 0 && ok; day++)
        ok = line->seen[day] < 0 || read_bucket(f, line, day, line->seen[day]);
    if (ok)
        read_all(f, line, clock_monotonic());
    return ok;
}

/* What was taken and not sent for want of memory is taken once more. */
bool line_send(struct fleet *f, struct share *s) {
    struct fleet_line *line = s->line ? s->line : make_line(f, s);
    struct share_amount amounts[SHARE_BUCKETS];
    size_t digests_count;
    if (!line)
        return false;
    size_t n = share_take(s, amounts);
    struct share_digest *digests = share_take_digests(s, &digests_count);
    bool moved = s->moved && (f->hurry || clock_monotonic() >= line->read_after);
    line->matter.under_way++; /* until all are given */
    bool ok = write_name(f, line);
    for (size_t i = 0; i < n && ok; i++)
        ok = write_bucket(f, line, &amounts[i]);
    ok = ok && write_digests(f, line, digests, digests_count);
    if (ok && moved)
        ok = read_moved(f, line, amounts, n);
    if (!ok)
        share_take_back(s);
    s->moved &= !ok || !moved;
    free(digests);
    bool all = ok && !s->moved;
    matter_answered(f, &line->matter);
    return all;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/place.h"

#include "base/counter.h"

#include <inttypes.h>
#include <stdio.h>

void place_of_line(const struct fleet_options *o, const char *name, const char *what, char out[PLACE_MAX]) {
    snprintf(out, PLACE_MAX, "%s:{%s}:%s", o->prefix, name, what);
}

void place_of_bucket(const struct fleet_options *o, const char *name, char kind, int64_t index,
                     char out[PLACE_MAX]) {
    snprintf(out, PLACE_MAX, "%s:{%s}:%c%" PRId64, o->prefix, name, kind, index);
}

void place_of_lines(const struct fleet_options *o, int64_t week, char first, char out[PLACE_MAX]) {
    snprintf(out, PLACE_MAX, "%s:lines:%" PRId64 ":%c", o->prefix, week, first);
}

void place_of_sensors(const struct fleet_options *o, char out[PLACE_MAX]) {
    snprintf(out, PLACE_MAX, "%s:sensors", o->prefix);
}

bool place_read_bucket(struct bytes member, bool *day, int64_t *index) {
    uint64_t n;
    if (member.n < 2 || (member.p[0] != 'd' && member.p[0] != 'h') ||
        !bytes_number(bytes_of(member.p + 1, member.n - 1), &n) || n > INT32_MAX)
        return false;
    *day = member.p[0] == 'd';
    *index = (int64_t)n;
    return true;
}

void place_write_amount(const struct share_amount *a, char out[PLACE_AMOUNT_MAX]) {
    snprintf(out, PLACE_AMOUNT_MAX, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, a->objects, a->bytes,
             a->denied_objects, a->denied_bytes);
}

bool place_read_amount(struct bytes text, struct share_amount *out) {
    uint64_t *const fields[] = {&out->objects, &out->bytes, &out->denied_objects, &out->denied_bytes};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct bytes word = bytes_until(text, ' ');
        size_t past = word.n < text.n ? word.n + 1 : word.n;
        if (!bytes_number(word, fields[i]) || *fields[i] > INT64_MAX) /* sums of some are no less */
            return false;
        text = bytes_of(text.p + past, text.n - past);
    }
    return text.n == 0;
}

bool place_add_up(const redisReply *reply, const char *own, struct share_amount *sum, size_t *fields) {
    struct share_amount a;
    *fields = 0;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2)
        return false;
    for (size_t i = 0; i < reply->elements; i += 2) {
        const redisReply *field = reply->element[i], *value = reply->element[i + 1];
        if (!reply_is_text(field) || !reply_is_text(value) || !place_read_amount(reply_bytes(value), &a)) {
            counter_one(COUNTER_FLEET_MALFORMED);
            continue;
        }
        ++*fields;
        if (own && bytes_equal(reply_bytes(field), bytes_text(own)))
            continue;
        sum->objects = add_sizes(sum->objects, a.objects);
        sum->bytes = add_sizes(sum->bytes, a.bytes);
        sum->denied_objects = add_sizes(sum->denied_objects, a.denied_objects);
        sum->denied_bytes = add_sizes(sum->denied_bytes, a.denied_bytes);
    }
    return true;
}

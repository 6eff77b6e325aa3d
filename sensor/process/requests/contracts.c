/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "report/quota/quota.h"

/* Amounts, and the limits that the contract has. */
static void write_amount(struct json_writer *j, const char *key, struct contract_amount now,
                         struct contract_amount limit) {
    json_write_object(j, key);
    json_write_number(j, "objects", now.objects);
    json_write_number(j, "bytes", now.bytes);
    if (limit.objects)
        json_write_number(j, "objects_limit", limit.objects);
    if (limit.bytes)
        json_write_number(j, "bytes_limit", limit.bytes);
    json_write_object_end(j);
}

static void write_line(void *context, const struct quota_line *l) {
    struct json_writer *j = context;
    json_write_object(j, NULL);
    json_write_text(j, "id", l->contract->id);
    json_write_text(j, "partner", l->partner->name);
    write_amount(j, "today", l->day, l->contract->day);
    write_amount(j, "month", l->month, l->contract->month);
    write_amount(j, "all", l->all, (struct contract_amount){0});
    request_time(j, "first", l->first);
    request_time(j, "last", l->last);
    json_write_object_end(j);
}

bool request_contracts(struct control_sensor *s, const struct control_words *arguments,
                       struct json_writer *out, struct error *e) {
    json_write_array(out, "contracts");
    time_ns since = quotas_each(reporter_quotas(s->reporter), clock_wall(), write_line, out);
    json_write_array_end(out);
    request_time(out, "since", since);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "use.h"
#include "../control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a running sensor says of the use of contracts. */

static uint64_t number_at(const json_t *from, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(from, key));
}

static bool read_one(const json_t *from, struct policy_use *out) {
    const json_t *day = json_object_get(from, "today"), *month = json_object_get(from, "month");
    const char *id = json_string_value(json_object_get(from, "id"));
    out->day_objects = number_at(day, "objects");
    out->day_bytes = number_at(day, "bytes");
    out->month_objects = number_at(month, "objects");
    out->month_bytes = number_at(month, "bytes");
    out->used = json_is_string(json_object_get(from, "last"));
    out->id = id ? strdup(id) : NULL;
    return out->id != NULL;
}

struct policy_use *policy_use_ask(const char *config, const char *socket, char since[POLICY_SINCE_MAX]) {
    const struct control_client c = {.config = config, .socket = socket};
    json_t *answer = control_present(&c) ? control_ask(&c, (const char *const[]){"contracts", NULL}) : NULL;
    const json_t *list = json_object_get(answer, "contracts");
    const char *begin = json_string_value(json_object_get(answer, "since"));
    struct policy_use *use = answer ? calloc(json_array_size(list) + 1, sizeof *use) : NULL;
    snprintf(since, POLICY_SINCE_MAX, "%s", begin ? begin : "");
    for (size_t i = 0, n = 0; use && i < json_array_size(list); i++)
        n += read_one(json_array_get(list, i), &use[n]);
    json_decref(answer);
    return use;
}

void policy_use_free(struct policy_use *use) {
    for (struct policy_use *u = use; u && u->id; u++)
        free(u->id);
    free(use);
}

const struct policy_use *policy_use_of(const struct policy_use *use, const char *id) {
    for (; use && use->id; use++)
        if (strcmp(use->id, id) == 0)
            return use;
    return NULL;
}

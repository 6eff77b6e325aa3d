/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/mapping.h"

/* The names of fields.c are those of ECS: dotted keys become nested objects. */
static size_t write_json(const struct event *e, struct detail d, char *out, size_t size) {
    struct nest n;
    nest_begin(&n, out, size);
    for (const struct field *f = fields_all(); f->ecs; f++) {
        struct value v;
        if (field_get(f, e, d.level, &v))
            nest_value(&n, f->ecs, &v, e, d);
    }
    return nest_end(&n);
}

const struct format format_json = {.name = "json", .least = 512, .write = write_json};

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

static const struct format *const formats[] = {&format_rfc5424, &format_json, &format_human};

enum { FORMATS = sizeof formats / sizeof formats[0] };

const struct format *format_find(struct bytes name) {
    for (size_t i = 0; i < FORMATS; i++)
        if (bytes_equal(name, bytes_text(formats[i]->name)))
            return formats[i];
    return NULL;
}

const char *format_names(void) {
    static char names[128];
    struct text t;
    text_init(&t, names, sizeof names - 1);
    for (size_t i = 0; i < FORMATS; i++)
        text_print(&t, "%s%s", i ? ", " : "", formats[i]->name);
    return names;
}

size_t format_event(const struct format *f, const struct event *e, char *out, size_t limit, bool *shortened) {
    static const size_t text_max[] = {512, 256, 128, 64, 32, 16};
    struct detail d = {.level = 0, .text_max = SIZE_MAX};
    size_t n;
    *shortened = false;
    if ((n = f->write(e, d, out, limit)))
        return n;
    *shortened = true;
    for (d.level = 1; d.level <= RANK_TEXTS; d.level++)
        if ((n = f->write(e, d, out, limit)))
            return n;
    d.level = RANK_TEXTS;
    for (size_t i = 0; i < sizeof text_max / sizeof text_max[0]; i++) {
        d.text_max = text_max[i];
        if ((n = f->write(e, d, out, limit)))
            return n;
    }
    for (d.level = RANK_TEXTS + 1; d.level <= RANK_LAST; d.level++)
        if ((n = f->write(e, d, out, limit)))
            return n;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/format.h"

/* The list of formats. FORMAT(NAME): format_NAME is defined in format_NAME.c. To add a format: write the file
 * and add its line here; the build finds the file by it. */
/* clang-format off */
#define FORMATS(FORMAT) \
    FORMAT(rfc5424) \
    FORMAT(cef) \
    FORMAT(leef) \
    FORMAT(json) \
    FORMAT(ocsf) \
    FORMAT(eve) \
    FORMAT(human)
/* clang-format on */

#define DECLARE(name) extern const struct format format_##name;
FORMATS(DECLARE)

#define ADDRESS(name) &format_##name,
static const struct format *const formats[] = {FORMATS(ADDRESS)};

enum { FORMATS_N = sizeof formats / sizeof formats[0] };

const struct format *format_find(struct bytes name) {
    for (size_t i = 0; i < FORMATS_N; i++)
        if (bytes_equal(name, bytes_text(formats[i]->name)))
            return formats[i];
    return NULL;
}

const char *format_names(void) {
    static char names[128];
    struct text t;
    text_init(&t, names, sizeof names - 1);
    for (size_t i = 0; i < FORMATS_N; i++)
        text_print(&t, "%s%s", i ? ", " : "", formats[i]->name);
    return names;
}

/* What a message is cut down by, step for step: fields by rank, then texts, then the last ranks. */
static const size_t text_max[] = {512, 256, 128, 64, 32, 16};

enum {
    STEPS_TEXT = sizeof text_max / sizeof text_max[0],
    STEP_LAST = RANK_LAST + STEPS_TEXT,
};

static struct detail detail_of(unsigned step) {
    if (step <= RANK_TEXTS)
        return (struct detail){.level = step, .text_max = SIZE_MAX};
    if (step <= RANK_TEXTS + STEPS_TEXT)
        return (struct detail){.level = RANK_TEXTS, .text_max = text_max[step - RANK_TEXTS - 1]};
    return (struct detail){.level = step - STEPS_TEXT, .text_max = text_max[STEPS_TEXT - 1]};
}

size_t format_event(const struct format *f, const struct event *e, char *out, size_t limit, bool *shortened) {
    size_t n = f->write(e, detail_of(0), out, limit);
    *shortened = n == 0;
    if (n)
        return n;
    /* Each step makes the message shorter or leaves it, so the first that fits is found by halving. */
    unsigned low = 1, high = STEP_LAST;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (f->write(e, detail_of(middle), out, limit))
            high = middle;
        else
            low = middle + 1;
    }
    return f->write(e, detail_of(low), out, limit);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/lpd/lpd_session.h"

static struct bytes next_line(struct bytes *in) {
    struct bytes line = bytes_until(*in, '\n');
    size_t taken = line.n < in->n ? line.n + 1 : line.n;
    *in = bytes_of(in->p + taken, in->n - taken);
    return line;
}

static bool prints_file(struct bytes line) {
    return line.n > 3 && line.p[0] >= 'a' && line.p[0] <= 'z' && line.p[1] == 'd' && line.p[2] == 'f';
}

static struct bytes behind_letter(struct bytes line) {
    return bytes_trim(bytes_of(line.p + 1, line.n - 1));
}

static void add_line(struct bytes list[LPD_NAMES_MAX], unsigned *n, struct bytes line) {
    if (*n < LPD_NAMES_MAX)
        list[(*n)++] = behind_letter(line);
    else
        counter_one(COUNTER_LPD_NAMES_SHED);
}

/* A file may be printed several times, and has as many lines. */
static bool is_again(const struct lpd_names *names, struct bytes line) {
    return names->sents && bytes_equal(names->sent[names->sents - 1], behind_letter(line));
}

void lpd_names_read(struct lpd_names *out, struct bytes control) {
    out->sents = out->names = 0;
    out->user = bytes_of(NULL, 0);
    while (control.n > 0) {
        struct bytes line = next_line(&control);
        if (prints_file(line) && !is_again(out, line))
            add_line(out->sent, &out->sents, line);
        else if (line.n > 0 && line.p[0] == 'N')
            add_line(out->name, &out->names, line);
        else if (line.n > 0 && line.p[0] == 'P' && out->user.n == 0)
            out->user = behind_letter(line);
    }
}

struct bytes lpd_names_find(const struct lpd_names *names, struct bytes sent) {
    for (unsigned i = 0; i < names->sents && i < names->names; i++)
        if (bytes_equal(names->sent[i], sent))
            return names->name[i];
    return bytes_of(NULL, 0);
}

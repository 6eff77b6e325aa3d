/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/lpd/lpd_session.h"

static struct bytes name_of(struct bytes path) {
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/' && path.p[n - 1] != '\\')
        n--;
    return bytes_of(path.p + n, path.n - n);
}

static struct bytes find_name(const struct lpd *s, const struct lpd_file *f) {
    return lpd_names_find(&s->names, bytes_of(f->sent, f->sent_n));
}

static struct transfer_seed describe_file(const struct lpd *s, const struct lpd_file *f) {
    struct transfer_seed seed = transfer_seed_of("lpd", s->client);
    struct bytes path = find_name(s, f);
    seed.fact[FACT_NAME] = path.n ? name_of(path) : bytes_of(f->sent, f->sent_n);
    seed.fact[FACT_PATH] = path;
    seed.fact[FACT_USER] = s->names.user;
    return seed;
}

static void tell_end(struct lpd *s, struct lpd_file *f) {
    s->c->services->end(s->c, f->transfer, f->how);
    f->used = false;
}

/* Where there is none left the one that has waited longest is told without its name. */
static struct lpd_file *find_place(struct lpd *s) {
    for (unsigned i = 0; i < LPD_FILES_MAX; i++)
        if (!s->file[i].used)
            return &s->file[i];
    counter_one(COUNTER_LPD_NAMES_SHED);
    tell_end(s, &s->file[0]);
    memmove(&s->file[0], &s->file[1], (LPD_FILES_MAX - 1) * sizeof *s->file);
    s->file[LPD_FILES_MAX - 1].used = false;
    return &s->file[LPD_FILES_MAX - 1];
}

void lpd_file_begin(struct lpd *s, const struct lpd_line *line) {
    struct lpd_file *f = find_place(s);
    size_t n = line->name.n < LPD_NAME_MAX ? line->name.n : LPD_NAME_MAX;
    *f = (struct lpd_file){.used = true, .sent_n = (uint8_t)n};
    memcpy(f->sent, line->name.p, n);
    s->current = f;
    struct transfer_seed seed = describe_file(s, f);
    if (s->left != LPD_TO_CLOSE)
        seed.length = s->left;
    f->transfer = s->c->services->begin(s->c, &seed);
}

void lpd_file_end(struct lpd *s, enum transfer_end how) {
    struct lpd_file *f = s->current;
    if (!f)
        return;
    s->current = NULL;
    f->over = true;
    f->how = how;
    if (find_name(s, f).n)
        tell_end(s, f);
}

void lpd_files_name(struct lpd *s) {
    lpd_names_read(&s->names, bytes_of(s->text, s->text_n));
    for (unsigned i = 0; i < LPD_FILES_MAX; i++) {
        struct lpd_file *f = &s->file[i];
        if (!f->used || find_name(s, f).n == 0)
            continue;
        struct transfer_seed seed = describe_file(s, f);
        s->c->services->learn(s->c, f->transfer, &seed);
        if (f->over)
            tell_end(s, f);
    }
}

void lpd_files_finish(struct lpd *s) {
    lpd_file_end(s, TRANSFER_CUT);
    for (unsigned i = 0; i < LPD_FILES_MAX; i++)
        if (s->file[i].used)
            tell_end(s, &s->file[i]);
}

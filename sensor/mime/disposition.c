/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/parameter.h"

static struct bytes find_last_component(struct bytes path) {
    size_t i = path.n;
    if (i == 0)
        return path;
    while (i > 0 && path.p[i - 1] != '/' && path.p[i - 1] != '\\')
        i--;
    struct bytes name = bytes_trim(bytes_of(path.p + i, path.n - i));
    bool dots = name.n <= 2;
    for (size_t d = 0; d < name.n && dots; d++)
        dots = name.p[d] == '.';
    return dots ? bytes_of(NULL, 0) : name;
}

/* Controls may have stood between dots or before them: what is left must still be a name. */
static struct bytes clean_name(struct bytes path, char *out, size_t size) {
    return find_last_component(clean_text(find_last_component(path), out, size));
}

bool mime_disposition_parse(struct bytes v, char *scratch, size_t scratch_size,
                            struct mime_disposition *out) {
    struct raw raw;
    *out = (struct mime_disposition){0};
    if (scratch_size < MIME_DISPOSITION_SCRATCH_MIN)
        return false;
    if (v.n > MIME_VALUE_MAX)
        v.n = MIME_VALUE_MAX;
    v = bytes_trim(v);
    out->type = bytes_trim(bytes_of(v.p, parameters_start(v)));
    bool form = bytes_equal_nocase(out->type, "form-data");
    size_t half = scratch_size / 2;
    if (parameter_value(v, "name", "name*", form, &raw))
        out->name = clean_text(bytes_of(raw.p, raw.n), scratch, half);
    if (parameter_value(v, "filename", "filename*", form, &raw))
        out->filename = clean_name(bytes_of(raw.p, raw.n), scratch + half, half);
    return out->type.n || out->name.n || out->filename.n;
}

struct bytes mime_file_name(struct bytes path, bool percent, char *scratch, size_t size) {
    struct raw raw = {.n = 0};
    if (!percent)
        return clean_name(path, scratch, size);
    /* %2F is part of a name for the server, but no file system takes it: what stands behind it is the name.
     */
    struct bytes last = find_last_component(path);
    percent_decode(last, &raw);
    return clean_name(bytes_of(raw.p, raw.n), scratch, size);
}

struct bytes mime_named(struct bytes v, const char *name, char *scratch, size_t size) {
    char starred[16];
    struct raw raw;
    size_t n = strlen(name);
    if (v.n > MIME_VALUE_MAX)
        v.n = MIME_VALUE_MAX;
    if (n > sizeof starred - 2)
        return bytes_of(NULL, 0);
    memcpy(starred, name, n);
    memcpy(starred + n, "*", 2);
    if (!parameter_value(v, name, starred, false, &raw))
        return bytes_of(NULL, 0);
    return clean_name(bytes_of(raw.p, raw.n), scratch, size);
}

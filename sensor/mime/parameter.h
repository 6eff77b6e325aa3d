/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_MIME_PARAMETER_H
#define GANTRY_MIME_PARAMETER_H

#include "mime/mime.h"

/* Internal to mime/: one parameter as it stands in a header value. */

enum {
    MIME_VALUE_MAX = 8192, /* bytes of a header value that are looked at */
    MIME_RAW_MAX = 2048,   /* bytes of a parameter's value */
};

struct parameter {
    struct bytes name;
    struct bytes text; /* between the quotes if quoted */
    bool quoted;
};

/* Decoded bytes of one value, before their character set is looked at; cut where they do not fit. */
struct raw {
    uint8_t p[MIME_RAW_MAX];
    size_t n;
};

static inline void raw_put(struct raw *r, uint8_t c) {
    if (r->n < sizeof r->p)
        r->p[r->n++] = c;
}

/* Where the parameters begin: behind the type, or at once where the value begins with one. */
size_t parameters_start(struct bytes value);
/* The first of that name, in any case. */
bool parameter_find(struct bytes value, const char *name, struct parameter *out);
/* Appends its text without the backslashes of a quoted string. */
void parameter_unquote(const struct parameter *p, struct raw *out);

/* --- value.c --- */
/* The value of a parameter in the best form that is there: `starred` ("name*", RFC 8187) over name*0, name*1,
 * ... (RFC 2231) over `name`. `form`: as a form's part writes it, not as mail and HTTP do. */
bool parameter_value(struct bytes value, const char *name, const char *starred, bool form, struct raw *out);
void percent_decode(struct bytes in, struct raw *out);
/* Valid UTF-8 without control characters, cut at a character; what is not UTF-8 is taken for Latin-1. */
struct bytes clean_text(struct bytes in, char *out, size_t size);

#endif

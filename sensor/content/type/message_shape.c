/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

/* Fields that mails have (RFC 5322 section 3.6; those of relays). Others have some of them too, such as forms
 * and settings: two are needed, one of which has a value that only mails have. */
static const struct mail_field {
    const char *name, *value; /* what its value has, "" for anything; NULL: it alone is no evidence */
    unsigned score;
} fields[] = {
    {"From", "@", 1},
    {"To", "@", 1},
    {"Cc", "@", 1},
    {"Bcc", "@", 1},
    {"Sender", "@", 1},
    {"Reply-To", "@", 1},
    {"Delivered-To", "@", 1},
    {"X-Original-To", "@", 1},
    {"Subject", NULL, 1},
    {"Date", NULL, 1},
    {"Message-ID", "<", 1},
    {"MIME-Version", "1", 1},
    {"Return-Path", "<", 2},
    {"Received", "by ", 2},
    {"Received", "from ", 2},
    {"Received-SPF", "", 2},
    {"DKIM-Signature", "=", 2},
    {"ARC-Seal", "=", 2},
    {"ARC-Message-Signature", "=", 2},
    {"ARC-Authentication-Results", "=", 2},
    {"X-Received", "by ", 2},
};

static bool is_name_char(uint8_t c) {
    return c > ' ' && c < 0x7f && c != ':';
}

/* The name and value of a line that is a field. */
static bool split_field(struct bytes line, struct bytes *name, struct bytes *value) {
    size_t n = 0, colon;
    while (n < line.n && is_name_char(line.p[n]))
        n++;
    for (colon = n; colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t');)
        colon++;
    if (n == 0 || colon == line.n || line.p[colon] != ':')
        return false;
    *name = bytes_of(line.p, n);
    *value = bytes_of(line.p + colon + 1, line.n - colon - 1);
    return true;
}

static bool holds_text(struct bytes value, const char *text) {
    size_t n = strlen(text);
    return n == 0 || (value.n >= n && memmem(value.p, value.n, text, n));
}

/* The best row for it: whether its value is one that only mails have. */
static unsigned score_field(struct bytes name, struct bytes value, bool *mail) {
    unsigned score = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct mail_field *f = &fields[i];
        if (!bytes_equal_nocase(name, f->name))
            continue;
        bool evident = f->value && holds_text(value, f->value);
        *mail |= evident;
        if (evident || f->score == 1)
            score = f->score > score ? f->score : score;
    }
    return score;
}

/* The line and those that are folded to it. */
static struct bytes take_line(struct bytes *rest) {
    struct bytes line = bytes_of(rest->p, 0);
    do {
        const uint8_t *at = line.p + line.n;
        const uint8_t *lf = memchr(at, '\n', rest->n - line.n);
        line.n = lf ? (size_t)(lf - line.p) + 1 : rest->n;
    } while (line.n < rest->n && (line.p[line.n] == ' ' || line.p[line.n] == '\t'));
    *rest = bytes_of(rest->p + line.n, rest->n - line.n);
    return line;
}

bool message_shape(struct bytes b) {
    unsigned score = 0;
    bool mail = false;
    struct bytes name, value;
    if (b.n > 5 && memcmp(b.p, "From ", 5) == 0) {
        take_line(&b);
        score = 1;
    }
    while (b.n > 0 && !(mail && score >= 2)) {
        if (!split_field(take_line(&b), &name, &value))
            return false;
        score += score_field(name, value, &mail);
    }
    return mail && score >= 2;
}

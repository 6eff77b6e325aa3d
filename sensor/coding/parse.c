/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include "base/counter.h"
#include "mime/mime.h"

/* Names that change no byte (RFC 9110 section 8.4.1, RFC 2045 section 6.2). */
static bool is_plain(struct bytes name) {
    static const char *const names[] = {"identity", "7bit", "8bit", "binary"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_equal_nocase(name, names[i]))
            return true;
    return name.n == 0;
}

static const struct coding *find_coding(struct bytes name) {
    for (const struct coding *const *c = coding_table; *c; c++)
        for (const char *const *n = (*c)->names; *n; n++)
            if (bytes_equal_nocase(name, *n))
                return *c;
    return NULL;
}

/* Without quotes and parameters, which some senders write. */
static struct bytes strip_name(struct bytes name) {
    name = bytes_trim(bytes_until(name, ';'));
    if (name.n >= 2 && name.p[0] == '"' && name.p[name.n - 1] == '"')
        name = bytes_trim(bytes_of(name.p + 1, name.n - 2));
    return name;
}

/* What is applied last must be undone first: an unknown coding hides all that were applied before it, unless
 * the bytes show what it is. */
static void add_coding(struct coding_list *l, struct bytes name, unsigned most) {
    name = strip_name(name);
    if (is_plain(name))
        return;
    const struct coding *coding = find_coding(name);
    if (!coding)
        counter_one(COUNTER_CODING_UNKNOWN);
    else if (l->n >= most)
        counter_one(COUNTER_CODING_DEPTH);
    if (l->n < most && (coding || l->guess))
        l->list[l->n++] = coding;
    else
        l->n = 0;
}

struct coding_list coding_parse(struct bytes value, unsigned most, bool guess) {
    struct coding_list l = {.n = 0, .guess = guess};
    struct bytes name;
    while (mime_list_next(&value, &name))
        add_coding(&l, name, most < CODINGS_MAX ? most : CODINGS_MAX);
    return l;
}

struct coding_list coding_bare(void) {
    return (struct coding_list){.list = {&coding_bare_deflate}, .n = 1};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_inside(struct bytes all, struct bytes part) {
    if (part.n && (part.p < all.p || part.p + part.n > all.p + all.n))
        abort();
}

/* What is made of a value fits into its room, however small that is. */
static void check_value(struct bytes value, size_t size) {
    char *room = malloc(size + 1);
    size_t n = mime_addresses_add(value, room, 0, size), more = mime_addresses_add(value, room, n, size);
    struct bytes text = mime_text(value, room, size), plain = mime_without_comments(value, room, size);
    if (n > more || more > size || text.n > size || plain.n > size ||
        mime_named(value, "name", room, size).n > size)
        abort();
    free(room);
}

/* Fields and elements lie inside of what they were read from, in order, and hold no separator. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    uint8_t *head = malloc(n + 1);
    memcpy(head, data, n);
    struct bytes all = bytes_of(head, mime_head_unfold(head, n)), rest = all, name, value, element;
    while (mime_head_next(&rest, &name, &value)) {
        check_inside(bytes_of(all.p, all.n - rest.n), value);
        check_value(value, value.n);
        check_value(value, value.n / 2);
        if ((name.n && memchr(name.p, ':', name.n)) || (value.n && memchr(value.p, '\n', value.n)))
            abort();
        for (struct bytes list = value; mime_list_next(&list, &element);) {
            check_inside(value, element);
            if (element.n && memchr(element.p, ',', element.n))
                abort();
        }
    }
    if (rest.n)
        abort();
    free(head);
    return 0;
}

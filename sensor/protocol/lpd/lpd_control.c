/* SPDX-License-Identifier: Apache-2.0 */
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

/* Which of the files to print it is, in their order, from 0; a file may be printed several times. */
static bool find_number(struct bytes control, struct bytes sent, unsigned *number) {
    struct bytes before = bytes_of(NULL, 0);
    *number = 0;
    while (control.n > 0) {
        struct bytes line = next_line(&control);
        if (!prints_file(line))
            continue;
        struct bytes name = behind_letter(line);
        if (before.n && !bytes_equal(name, before))
            ++*number;
        before = name;
        if (bytes_equal(name, sent))
            return true;
    }
    return false;
}

/* Clients write the name before or behind the file's line: of both there are equally many, in one order. */
struct bytes lpd_control_name(struct bytes control, struct bytes sent) {
    unsigned number;
    if (!find_number(control, sent, &number))
        return bytes_of(NULL, 0);
    while (control.n > 0) {
        struct bytes line = next_line(&control);
        if (line.n > 0 && line.p[0] == 'N' && number-- == 0)
            return behind_letter(line);
    }
    return bytes_of(NULL, 0);
}

struct bytes lpd_control_field(struct bytes control, uint8_t letter) {
    while (control.n > 0) {
        struct bytes line = next_line(&control);
        if (line.n > 0 && line.p[0] == letter)
            return behind_letter(line);
    }
    return bytes_of(NULL, 0);
}

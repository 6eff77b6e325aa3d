/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp.h"
#include "protocol/shared.h"

enum { NOTE_TEXT = 184, NOTE_USER_MAX = 48 };
enum {
    NOTE_UPLOAD = 1 << 0,
    NOTE_IMAGE = 1 << 1,
    NOTE_STARTED = 1 << 2,
    NOTE_FINISHED = 1 << 3,
    NOTE_FAILED = 1 << 4,
    NOTE_PARTIAL = 1 << 5,
    NOTE_PLACED = 1 << 6,
    NOTE_SILENT = 1 << 7
};

static const char *const methods[] = {"", "STOR", "STOU", "APPE", "RETR", "LIST", "NLST", "MLSD"};
enum { METHODS = sizeof methods / sizeof methods[0] };

/* Fixed in size, and all of it set. Of texts longer than there is room for the ends are told. */
struct note {
    uint64_t number, offset, length, total, least;
    uint8_t command, method, flags, modes, accepted, path_n, user_n, unused;
    uint8_t text[NOTE_TEXT]; /* path, user */
};
_Static_assert(sizeof(struct note) <= BOARD_NOTE_MAX, "a note fits");
_Static_assert(sizeof(struct note) == 5 * sizeof(uint64_t) + 8 + NOTE_TEXT, "no padding");

static uint8_t put_end(uint8_t *out, size_t room, const struct ftp_path *path) {
    struct bytes b = ftp_path_bytes(path);
    if (b.n > room)
        b = bytes_of(b.p + (b.n - room), room);
    if (b.n)
        memcpy(out, b.p, b.n);
    return (uint8_t)b.n;
}

static uint8_t flags_of(const struct ftp_ticket *t) {
    return (uint8_t)((t->upload ? NOTE_UPLOAD : 0) | (t->image ? NOTE_IMAGE : 0) |
                     (t->started ? NOTE_STARTED : 0) | (t->finished ? NOTE_FINISHED : 0) |
                     (t->failed ? NOTE_FAILED : 0) | (t->partial ? NOTE_PARTIAL : 0) |
                     (t->placed ? NOTE_PLACED : 0) | (t->silent ? NOTE_SILENT : 0));
}

void ftp_note_ticket(struct conversation *c, const struct ftp_ticket *t) {
    struct note n = {.number = t->number,
                     .offset = t->offset,
                     .length = t->length,
                     .total = t->total,
                     .least = t->least,
                     .command = (uint8_t)t->command,
                     .flags = flags_of(t),
                     .modes = t->modes,
                     .accepted = t->accepted};
    for (uint8_t i = 0; i < METHODS; i++)
        if (strcmp(t->method, methods[i]) == 0)
            n.method = i;
    n.path_n = put_end(n.text, NOTE_TEXT - NOTE_USER_MAX, &t->path);
    n.user_n = put_end(n.text + n.path_n, NOTE_USER_MAX, &t->user);
    c->services->note(c, &protocol_ftp_data, bytes_of(&n, sizeof n));
}

static bool is_sound(const struct note *n) {
    return n->command <= FTP_COMMAND_TRANSFER && n->method < METHODS && n->path_n + n->user_n <= NOTE_TEXT;
}

static void learn_note(struct ftp_ticket *t, const struct note *n) {
    t->command = (enum ftp_command)n->command;
    t->method = methods[n->method];
    t->upload = n->flags & NOTE_UPLOAD;
    t->image = n->flags & NOTE_IMAGE;
    t->started = n->flags & NOTE_STARTED;
    t->finished = n->flags & NOTE_FINISHED;
    t->failed = n->flags & NOTE_FAILED;
    t->partial = n->flags & NOTE_PARTIAL;
    t->placed = n->flags & NOTE_PLACED;
    t->silent = n->flags & NOTE_SILENT;
    t->modes = n->modes & FTP_ALL_MODES;
    t->accepted = n->accepted & FTP_ALL_MODES;
    t->offset = n->offset;
    t->length = n->length;
    t->total = n->total;
    t->least = n->least;
    ftp_path_set(&t->path, bytes_of(n->text, n->path_n));
    ftp_path_set(&t->user, bytes_of(n->text + n->path_n, n->user_n));
    t->text_version++;
}

/* What is this worker's own is nobody else's to change. */
void ftp_note_heard(struct bytes text) {
    struct note n;
    if (text.n != sizeof n)
        return;
    memcpy(&n, text.p, sizeof n);
    struct ftp_ticket *t = is_sound(&n) ? ftp_ticket_join(n.number) : NULL;
    if (!t)
        return;
    if (!t->announced) {
        learn_note(t, &n);
        ftp_ticket_changed(NULL, t);
    }
    shared_state_leave(t, !t->taken);
}

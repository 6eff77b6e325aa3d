/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rsync/rsync_session.h"

/* The letters of one argument: "-vlogDtpre.iLsfxCIvu". Behind `e` stands what the client can do. */
static void take_letters(struct rsync_options *o, struct bytes letters) {
    for (size_t i = 0; i < letters.n; i++) {
        switch (letters.p[i]) {
        case 'l':
            o->links = true;
            break;
        case 'o':
            o->owner = true;
            break;
        case 'g':
            o->group = true;
            break;
        case 'D':
            o->devices = o->specials = true;
            break;
        case 'H':
            o->hard_links = true;
            break;
        case 'c':
            o->checksums = true;
            break;
        case 'n':
            o->dry = true;
            break;
        case 'U':
            o->access_times = true;
            break;
        case 'N':
            o->create_times = true;
            break;
        case 'A':
            o->acls = true;
            break;
        case 'X':
            o->xattrs = true;
            break;
        case 'r':
            o->recurse = true;
            break;
        case 'm':
            o->prune = true;
            break;
        case 'z':
            o->deflates = true;
            break;
        case 's':
            o->secluded = true;
            break;
        case 'e': {
            struct bytes able = bytes_of(letters.p + i, letters.n - i);
            o->wants_incremental = memchr(able.p, 'i', able.n);
            o->wants_strings = memchr(able.p, 'v', able.n);
            return;
        }
        default:
            break;
        }
    }
}

/* "--name=value" */
static bool take_value(struct bytes argument, const char *name, struct rsync_text *out) {
    size_t n = strlen(name);
    if (!bytes_starts_nocase(argument, name))
        return false;
    rsync_text_set(out, bytes_of(argument.p + n, argument.n - n));
    return true;
}

static void take_word(struct rsync_options *o, struct bytes argument) {
    static const struct {
        const char *name;
        size_t flag;
        bool value;
    } words[] = {
        {"--server", offsetof(struct rsync_options, server), true},
        {"--sender", offsetof(struct rsync_options, sender), true},
        {"--specials", offsetof(struct rsync_options, specials), true},
        {"--no-specials", offsetof(struct rsync_options, specials), false},
        {"--numeric-ids", offsetof(struct rsync_options, numeric), true},
        {"--append", offsetof(struct rsync_options, append), true},
        {"--append-verify", offsetof(struct rsync_options, append), true},
        {"--delete", offsetof(struct rsync_options, deletes), true},
        {"--delete-before", offsetof(struct rsync_options, deletes), true},
        {"--delete-during", offsetof(struct rsync_options, deletes), true},
        {"--delete-after", offsetof(struct rsync_options, deletes), true},
        {"--delete-delay", offsetof(struct rsync_options, deletes), true},
        {"--delete-excluded", offsetof(struct rsync_options, deletes), true},
        {"--secluded-args", offsetof(struct rsync_options, secluded), true},
        {"--protect-args", offsetof(struct rsync_options, secluded), true},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_equal(argument, bytes_text(words[i].name)))
            *(bool *)((uint8_t *)o + words[i].flag) = words[i].value;
    if (take_value(argument, "--compress-choice=", &o->compression) ||
        take_value(argument, "--zc=", &o->compression))
        o->names_compression = true;
    if (take_value(argument, "--checksum-choice=", &o->checksum) ||
        take_value(argument, "--cc=", &o->checksum))
        o->names_checksum = true;
    bool newer = bytes_equal(argument, bytes_text("--new-compress"));
    if (newer || bytes_equal(argument, bytes_text("--old-compress"))) {
        o->names_compression = true;
        rsync_text_set(&o->compression, bytes_text(newer ? "zlibx" : "zlib"));
    }
}

void rsync_option_take(struct rsync_options *o, struct bytes argument) {
    if (o->behind_dot) {
        if (o->path.n == 0)
            rsync_text_set(&o->path, argument);
    } else if (bytes_equal(argument, bytes_text("."))) {
        o->behind_dot = true;
    } else if (argument.n > 2 && argument.p[0] == '-' && argument.p[1] == '-') {
        take_word(o, argument);
    } else if (argument.n > 1 && argument.p[0] == '-') {
        take_letters(o, bytes_of(argument.p + 1, argument.n - 1));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/calendar/zone.h"

#include "settings/nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- asking --- */

int32_t zone_offset(const struct zone *z, int64_t at) {
    size_t low = 0, high = z ? z->count : 0;
    if (!z)
        return 0;
    while (low < high) { /* how many transitions are not behind `at` */
        size_t middle = low + (high - low) / 2;
        if (z->at[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->count && z->has_rule)
        return zone_rule_offset(&z->rule, at);
    return low ? z->offset[low - 1] : z->first;
}

/* --- TZif, RFC 8536 section 3 --- */

struct header {
    uint8_t version; /* 0, '2', '3', ... */
    uint32_t isut, isstd, leap, times, types, chars;
};

static bool read_header(struct reader *r, struct header *h) {
    const uint8_t *magic;
    if (!reader_take(r, 4, &magic) || memcmp(magic, "TZif", 4) != 0)
        return false;
    return reader_u8(r, &h->version) && reader_skip(r, 15) && reader_u32(r, &h->isut) &&
           reader_u32(r, &h->isstd) && reader_u32(r, &h->leap) && reader_u32(r, &h->times) &&
           reader_u32(r, &h->types) && reader_u32(r, &h->chars);
}

/* Octets of the data block; false: more than any file has. */
static bool block_size(const struct header *h, size_t time_size, size_t *out) {
    const uint64_t most = ZONE_FILE_MAX;
    if (h->times > most || h->types > most || h->chars > most || h->leap > most || h->isstd > most ||
        h->isut > most)
        return false;
    *out =
        h->times * (time_size + 1) + h->types * 6 + h->chars + h->leap * (time_size + 4) + h->isstd + h->isut;
    return *out <= most;
}

static bool read_time(struct reader *r, size_t size, int64_t *out) {
    uint32_t high, low;
    if (size == 4) {
        if (!reader_u32(r, &low))
            return false;
        *out = (int32_t)low;
        return true;
    }
    if (!reader_u32(r, &high) || !reader_u32(r, &low))
        return false;
    *out = (int64_t)((uint64_t)high << 32 | low);
    return true;
}

static bool type_offset(struct bytes types, uint8_t which, int32_t *out) {
    struct reader r = reader_of(types.p, types.n);
    uint32_t offset;
    if (!reader_skip(&r, which * (size_t)6) || !reader_u32(&r, &offset))
        return false;
    *out = (int32_t)offset;
    return *out > -86400 * 2 && *out < 86400 * 2;
}

static bool read_block(struct reader *r, const struct header *h, size_t time_size, struct arena *arena,
                       struct zone *z) {
    int64_t *at = arena_array(arena, h->times + 1, sizeof *at);
    int32_t *offset = arena_array(arena, h->times + 1, sizeof *offset);
    const uint8_t *which, *types;
    if (!at || !offset)
        return false;
    for (uint32_t i = 0; i < h->times; i++)
        if (!read_time(r, time_size, &at[i]) || (i && at[i] <= at[i - 1]))
            return false;
    if (!reader_take(r, h->times, &which) || !reader_take(r, h->types * (size_t)6, &types))
        return false;
    struct bytes all = bytes_of(types, h->types * (size_t)6);
    for (uint32_t i = 0; i < h->times; i++)
        if (!type_offset(all, which[i], &offset[i]))
            return false;
    z->at = at;
    z->offset = offset;
    z->count = h->times;
    return type_offset(all, 0, &z->first) &&
           reader_skip(r, h->chars + h->leap * (time_size + 4) + h->isstd + h->isut);
}

/* A newline, the rule, a newline; an empty one says that nothing is known behind the last transition. */
static bool read_footer(struct reader *r, struct zone *z) {
    const uint8_t *from = r->at + 1, *end;
    uint8_t newline;
    if (!reader_u8(r, &newline) || newline != '\n' || !(end = memchr(from, '\n', reader_left(r))))
        return false;
    z->has_rule = end > from;
    return !z->has_rule || zone_rule_parse(bytes_of(from, (size_t)(end - from)), &z->rule);
}

bool zone_parse(struct bytes file, struct arena *arena, struct zone *out, const char **why) {
    struct reader r = reader_of(file.p, file.n);
    struct header h;
    size_t size, time_size = 4;
    *why = "it is no TZif file (RFC 8536), or a damaged one";
    if (!read_header(&r, &h) || !block_size(&h, time_size, &size))
        return false;
    if (h.version >= '2') {
        time_size = 8;
        if (!reader_skip(&r, size) || !read_header(&r, &h) || !block_size(&h, time_size, &size))
            return false;
    }
    if (h.leap) {
        *why = "its times count leap seconds, as those of right/ do; name the zone without right/";
        return false;
    }
    if (h.times > ZONE_TRANSITIONS_MAX) {
        *why = "it has more than 2,000 transitions";
        return false;
    }
    return read_block(&r, &h, time_size, arena, out) && (time_size == 4 || read_footer(&r, out));
}

/* --- files --- */

/* "UTC", "UTC-6", "UTC+05:30"; false: it is no such name. */
static bool parse_fixed(const char *name, int32_t *ahead) {
    uint64_t hours, minutes = 0;
    *ahead = 0;
    if (strncmp(name, "UTC", 3) != 0)
        return false;
    if (name[3] == '\0')
        return true;
    size_t h = strspn(name + 4, "0123456789");
    const char *rest = name + 4 + h;
    if ((name[3] != '+' && name[3] != '-') || h > 2 || !bytes_number(bytes_of(name + 4, h), &hours) ||
        hours > 14)
        return false;
    if (*rest &&
        (*rest != ':' || strlen(rest) != 3 || !bytes_number(bytes_text(rest + 1), &minutes) || minutes > 59))
        return false;
    *ahead = (name[3] == '-' ? -1 : 1) * (int32_t)(hours * 3600 + minutes * 60);
    return true;
}

static bool plain_name(const char *name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t n = strlen(name);
    return n > 0 && n <= ZONE_NAME_MAX && strspn(name, letters) == n && name[0] != '/';
}

/* Into `out` the name of a zone in the folder that may be meant; false: none. Only on the way to an error. */
static bool find_nearest(const char *folder, const char *name, char out[ZONE_NAME_MAX + 1]) {
    char *const paths[] = {(char *)folder, NULL};
    FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    size_t best = SIZE_MAX;
    for (FTSENT *f; walk && (f = fts_read(walk));) {
        const char *found = f->fts_path + strlen(folder) + 1;
        if (f->fts_info == FTS_D && (strcmp(f->fts_name, "right") == 0 || strcmp(f->fts_name, "posix") == 0))
            fts_set(walk, f, FTS_SKIP);
        if (f->fts_info != FTS_F || !plain_name(found))
            continue;
        const char *city = strrchr(found, '/');
        size_t whole = nearest_distance(name, found), part = city ? nearest_distance(name, city + 1) : whole;
        size_t distance = whole < part ? whole : part;
        if (distance < best) {
            best = distance;
            snprintf(out, ZONE_NAME_MAX + 1, "%s", found);
        }
    }
    if (walk)
        fts_close(walk);
    return best != SIZE_MAX && nearest_enough(name, best);
}

static void say_unknown(const char *folder, const char *name, char why[ZONE_WHY_MAX]) {
    char near[ZONE_NAME_MAX + 1];
    struct stat st;
    if (stat(folder, &st) != 0)
        snprintf(why, ZONE_WHY_MAX,
                 "there are no time zones in %s; install the package tzdata, or write UTC-6", folder);
    else if (find_nearest(folder, name, near))
        snprintf(why, ZONE_WHY_MAX, "there is no time zone \"%.64s\"; did you mean %s?", name, near);
    else
        snprintf(why, ZONE_WHY_MAX, "there is no time zone \"%.64s\"; write it like America/Chicago or UTC-6",
                 name);
}

/* SIZE_MAX: not there, no regular file, or longer than any zone's. */
static size_t read_file(const char *folder, const char *name, uint8_t out[ZONE_FILE_MAX]) {
    char path[512];
    struct stat st;
    size_t n = 0;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return SIZE_MAX;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return SIZE_MAX;
    ssize_t got = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= ZONE_FILE_MAX ? 1 : -1;
    while (got > 0 && n < ZONE_FILE_MAX) {
        got = read(fd, out + n, ZONE_FILE_MAX - n);
        n += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    return got < 0 ? SIZE_MAX : n;
}

const struct zone *zone_load(const char *folder, const char *name, struct arena *arena,
                             char why[ZONE_WHY_MAX]) {
    static uint8_t file[ZONE_FILE_MAX]; /* loading is single-threaded */
    struct zone *z = arena_alloc(arena, sizeof *z);
    const char *reason;
    if (!z || !(z->name = arena_text(arena, name, strlen(name)))) {
        snprintf(why, ZONE_WHY_MAX, "there is no room left for it; make the file smaller");
        return NULL;
    }
    if (parse_fixed(name, &z->first))
        return z;
    size_t n = plain_name(name) ? read_file(folder, name, file) : SIZE_MAX;
    if (n == SIZE_MAX) {
        say_unknown(folder, name, why);
        return NULL;
    }
    if (zone_parse(bytes_of(file, n), arena, z, &reason))
        return z;
    snprintf(why, ZONE_WHY_MAX, "the time zone %.64s cannot be used: %s", name, reason);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <locale.h>

/* 7z, RAR (4 and 5), CAB, LHA, XAR and images of ISO 9660, by libarchive. Of each file the reader of its own
 * format alone is asked, and no filter: some of those start programs. */

static const struct kind {
    const char *mime;
    int (*support)(struct archive *);
} kinds[] = {
    {"application/x-7z-compressed", archive_read_support_format_7zip},
    {"application/x-rar", archive_read_support_format_rar},
    {"application/vnd.ms-cab-compressed", archive_read_support_format_cab},
    {"application/x-lha", archive_read_support_format_lha},
    {"application/x-xar", archive_read_support_format_xar},
    {"application/x-iso9660-image", archive_read_support_format_iso9660},
};

enum { NAME_ROOM = 1024 };

/* Names are in UTF-8 whatever the locale of the sensor. */
static locale_t names;

static const struct kind *find_kind(const struct file_type *type) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bytes_equal(bytes_text(type->mime), bytes_text(kinds[i].mime)))
            return &kinds[i];
    return NULL;
}

static bool matches_archive(const struct file_type *type) {
    return find_kind(type) != NULL;
}

/* The C library reads its table of character sets once, from a file; modules that it would load later are
 * refused, and then those names are shown as they stand. */
static void prepare_names(void) {
    static const char *const sets[] = {"UTF-16LE", "UTF-16BE", "CP437", "SHIFT_JIS"};
    if (names)
        return;
    names = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        iconv_t c = iconv_open("UTF-8", sets[i]);
        if (c != (iconv_t)-1)
            iconv_close(c);
    }
}

/* False: the archive breaks here. */
static bool pass_content(struct examined *x, struct archive *a, struct filter *child, int *status) {
    const void *bytes;
    size_t n;
    la_int64_t at;
    uint64_t done = 0;
    while ((*status = archive_read_data_block(a, &bytes, &n, &at)) == ARCHIVE_OK) {
        if (at > 0 && (uint64_t)at > done && !examined_zeros(x, child, (uint64_t)at - done))
            return true;
        if (!examined_data(x, child, bytes, n))
            return true;
        done = (uint64_t)at + n;
    }
    return *status == ARCHIVE_EOF;
}

/* False: nothing behind it can be read. */
static bool take_member(struct examined *x, struct archive *a, struct archive_entry *e) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char room[NAME_ROOM];
    const char *utf8 = archive_entry_pathname_utf8(e), *path = utf8 ? utf8 : archive_entry_pathname(e);
    int status;
    if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) ||
        (archive_entry_size_is_set(e) && archive_entry_size(e) == 0))
        return true;
    if (archive_entry_is_encrypted(e) > 0) {
        examined_broken(x);
        return true;
    }
    fact[FACT_PATH] = bytes_text(path ? path : "");
    fact[FACT_NAME] = examined_name(path, room, sizeof room);
    struct filter *child = examined_begin(
        x, fact, archive_entry_size_is_set(e) ? (uint64_t)archive_entry_size(e) : LENGTH_UNKNOWN);
    if (!child)
        return !x->over;
    bool whole = pass_content(x, a, child, &status);
    filter_end(child, whole && !x->over ? TRANSFER_DONE : TRANSFER_CUT);
    if (!whole)
        examined_broken(x);
    return status != ARCHIVE_FATAL && !x->over;
}

static void take_members(struct examined *x, struct archive *a) {
    struct archive_entry *e;
    int status;
    while ((status = archive_read_next_header(a, &e)) == ARCHIVE_OK || status == ARCHIVE_WARN)
        if (!take_member(x, a, e))
            return;
    if (status != ARCHIVE_EOF && x->whole)
        examined_broken(x);
}

static void examine_members(struct examined *x, const struct kind *kind) {
    struct archive *a = archive_read_new();
    locale_t before = names ? uselocale(names) : (locale_t)0;
    bool opened = a && kind->support(a) == ARCHIVE_OK &&
                  (kind->support != archive_read_support_format_rar ||
                   archive_read_support_format_rar5(a) == ARCHIVE_OK) &&
                  archive_read_open_memory(a, x->image.p, x->image.n) == ARCHIVE_OK;
    if (opened)
        take_members(x, a);
    else
        examined_broken(x);
    archive_read_free(a);
    if (before)
        uselocale(before);
}

static void examine_an_archive(struct examined *x) {
    examine_members(x, find_kind(x->type));
}

/* Histories of some formats are large however small the file is. */
static size_t price_of_archive(struct bytes image) {
    return ALLOWANCE_UNPACKED;
}

const struct examine_format examine_archive = {.name = "archive",
                                               .matches = matches_archive,
                                               .examine = examine_an_archive,
                                               .prepare = prepare_names,
                                               .price = price_of_archive};

/* SPDX-License-Identifier: Apache-2.0 */
#include "content/chain.h"
#include "content/type/picture.h"

#include <strings.h>

/* Names and declared types that deny what the bytes are: a picture that is called a report, an archive that
 * is called a picture. What says nothing (no ending, one that many programs use, application/octet-stream)
 * denies nothing. */

static bool begins_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* One of the types in `list`, which have blanks between them and may end in a star. */
static bool is_listed(const char *mime, const char *list) {
    while (*list) {
        size_t n = strcspn(list, " "), whole = strlen(mime);
        if (list[n - 1] == '*' ? strncmp(mime, list, n - 1) == 0 : whole == n && memcmp(mime, list, n) == 0)
            return true;
        list += n + strspn(list + n, " ");
    }
    return false;
}

static bool is_unknown(const struct file_type *type) {
    return strcmp(type->mime, "application/octet-stream") == 0;
}

#define TEXTS                                                                                                \
    "text/* application/json image/svg+xml application/x-pem-file application/pgp-keys "                     \
    "application/pgp-signature message/rfc822 application/mbox"
#define OFFICE "application/vnd.openxmlformats-officedocument* application/zip application/x-ole-storage"

static const struct {
    const char *ends; /* with blanks between them */
    const char *types;
} names[] = {
    {"jpg jpeg jpe jfif", "image/jpeg"},
    {"png", "image/png"},
    {"gif", "image/gif"},
    {"bmp", "image/bmp"},
    {"webp", "image/webp"},
    {"tif tiff dng nef arw", "image/tiff"},
    {"jp2", "image/jp2"},
    {"heic heif", "image/heic image/heif"},
    {"avif", "image/avif image/heif"},
    {"jxl", "image/jxl"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip application/java-archive " OFFICE " application/vnd.oasis.opendocument*"},
    {"docx xlsx pptx", OFFICE},
    {"doc xls ppt", OFFICE " text/*"},
    {"odt ods odp", "application/vnd.oasis.opendocument* application/zip"},
    {"gz tgz", "application/gzip"},
    {"7z", "application/x-7z-compressed"},
    {"rar", "application/x-rar"},
    {"tar", "application/x-tar"},
    {"txt csv log md ini yaml", TEXTS},
    {"json xml html htm", TEXTS},
    {"mp4 mov m4v", "video/* audio/*"},
    {"avi", "video/*"},
    {"mp3 wav", "audio/* application/octet-stream"},
};

static bool is_word(struct bytes word, const char *words) {
    while (*words) {
        size_t n = strcspn(words, " ");
        if (word.n == n && strncasecmp((const char *)word.p, words, n) == 0)
            return true;
        words += n + strspn(words + n, " ");
    }
    return false;
}

bool type_denied_by_name(const struct file_type *type, struct bytes name) {
    enum { LONGEST = 4 }; /* of the table's words */
    size_t dot = name.n;
    while (dot > 0 && name.p[dot - 1] != '.')
        dot--;
    if (dot <= 1 || name.n - dot > LONGEST)
        return false;
    struct bytes end = bytes_of(name.p + dot, name.n - dot);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (is_word(end, names[k].ends))
            return !is_listed(type->mime, names[k].types) &&
                   (!is_unknown(type) || begins_with(names[k].types, "image/"));
    return false;
}

bool type_denied_by_declared(const struct file_type *type, struct bytes declared) {
    const struct file_type *picture = picture_type(declared);
    bool image = type->kind == KIND_IMAGE;
    if (picture)
        return strcmp(picture->mime, type->mime) != 0 && !begins_with(type->mime, "image/hei");
    return image && (bytes_starts_nocase(declared, "text/") || bytes_starts_nocase(declared, "audio/") ||
                     bytes_starts_nocase(declared, "application/pdf") ||
                     bytes_starts_nocase(declared, "application/json") ||
                     bytes_starts_nocase(declared, "application/zip") ||
                     bytes_starts_nocase(declared, "application/vnd.ms-") ||
                     bytes_starts_nocase(declared, "application/vnd.openxml"));
}

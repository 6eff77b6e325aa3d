/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_MIME_MIME_H
#define GANTRY_MIME_MIME_H

#include "base/bytes.h"

/* What HTTP, forms and mail write alike in their headers: fields, parameters, encoded words,
 * quoted-printable. Read as leniently as browsers, curl and mail clients write and read them. Nothing is
 * kept; text that a function returns is borrowed from its arguments. */

/* --- head.c: the fields of a head (RFC 5322 section 2.2) --- */

/* Joins lines that begin with white space to the one before (RFC 5322 section 2.2.3: the line end goes, the
 * white space stays), in place. Returns how many bytes are left. */
size_t mime_head_unfold(uint8_t *head, size_t n);
/* Takes the next field off an unfolded head, its name and value trimmed; lines without a colon are left out.
 * False when there are no more. */
bool mime_head_next(struct bytes *rest, struct bytes *name, struct bytes *value);

/* Takes the next element off a comma-separated list (RFC 9110 section 5.6.1), trimmed; it may be empty.
 * Commas inside quotes are not known. False when the list is empty. */
bool mime_list_next(struct bytes *rest, struct bytes *element);

/* --- parameter.c, disposition.c: values with parameters --- */

/* One parameter by its name in any case, "boundary" of a Content-Type: quotes and backslashes are taken off,
 * nothing is decoded. Points into `scratch`; empty if it is not there, is empty, or is longer than `size`. */
struct bytes mime_parameter(struct bytes value, const char *name, char *scratch, size_t size);

/* A copy of a structured value without its comments (RFC 5322 section 3.2.2), which may stand in one another;
 * what is in quotes stays. Points into `scratch`; cut to `size`. */
struct bytes mime_without_comments(struct bytes value, char *scratch, size_t size);

/* The file name that a parameter gives ("name" of a Content-Type), in any of the forms that a
 * Content-Disposition may have, cleaned as there. Empty if there is none. Points into `scratch`. */
struct bytes mime_named(struct bytes value, const char *name, char *scratch, size_t size);

#define MIME_DISPOSITION_SCRATCH_MIN 1024 /* bytes */

struct mime_disposition {
    struct bytes type;     /* "attachment" as written; empty when the value begins with a parameter */
    struct bytes name;     /* of the form field: cleaned like the file name, but keeps slashes */
    struct bytes filename; /* last path component; empty if none is given */
};

/* Content-Disposition in HTTP (RFC 6266) and in MIME parts (RFC 2183, RFC 7578), with ext-values (RFC 8187,
 * RFC 2231 with continuations), encoded words (RFC 2047) also inside quotes, percent-encoded quotes (WHATWG
 * form-data), quoted strings with backslashes, raw UTF-8 or Latin-1. The results are valid UTF-8 without
 * control characters, cut at a character to what fits (at most a half of the scratch space each) and point
 * into `scratch`, `type` into the header value. filename* wins over filename. False when the value holds
 * neither a type nor a name, or scratch_size is less than MIME_DISPOSITION_SCRATCH_MIN. */
bool mime_disposition_parse(struct bytes header_value, char *scratch, size_t scratch_size,
                            struct mime_disposition *out);

/* The last component of a path (behind the last slash or backslash), as valid UTF-8 without control
 * characters (Latin-1 is assumed where it is not UTF-8), cut to `size` at a character. With `percent` %XX is
 * decoded first. Empty if the path ends with a separator, or in "." or "..". Points into `scratch`. */
struct bytes mime_file_name(struct bytes path, bool percent, char *scratch, size_t size);

/* --- range.c --- */

struct mime_range {
    uint64_t first; /* octet */
    bool total_known;
    uint64_t total; /* octets of the whole */
};

/* Content-Range, "bytes 0-499/1234" or a star for the total (RFC 9110 section 14.4); "=" or ":" may stand
 * behind the unit. False where it says nothing about the body: an unsatisfied range, or one that is none. */
bool mime_range_parse(struct bytes value, struct mime_range *out);

/* --- encoded_word.c --- */

/* Replaces the encoded words (RFC 2047 section 2) in `in` by the bytes that they stand for, drops white space
 * between two of them, and copies everything else. The character set is not converted. Writes at most `size`
 * bytes, returns how many. */
size_t mime_words_decode(struct bytes in, uint8_t *out, size_t size);

/* --- text.c --- */

/* Unstructured text of a field (RFC 5322 section 2.2.1): encoded words decoded, valid UTF-8 without control
 * characters (Latin-1 is assumed where it is not UTF-8), cut to `size` at a character. Points into `scratch`.
 */
struct bytes mime_text(struct bytes value, char *scratch, size_t size);

/* --- address.c --- */

/* The addresses of a list (RFC 5322 section 3.4: mailboxes and groups, names and comments left out), appended
 * to the `n` bytes that are in `list` already, ", " between two; those that do not fit into `size` are left
 * out. Valid UTF-8 without control characters. Returns how many bytes there are now. */
size_t mime_addresses_add(struct bytes value, char *list, size_t n, size_t size);

/* --- quoted_printable.c --- */

enum { MIME_QUOTED_HELD = 80 };

/* What a decoder keeps between two pieces. All zero but `word` at the beginning. */
struct mime_quoted {
    bool word;      /* the "Q" of encoded words (RFC 2047 section 4.2): "_" is a space, lines do not end */
    uint8_t held_n; /* characters of an escape, or blanks that may be the end of a line */
    uint8_t held[MIME_QUOTED_HELD];
};

/* Decodes quoted-printable (RFC 2045 section 6.7) from the start of `*in`, which moves on, until it is empty
 * or less than MIME_QUOTED_HELD + 1 bytes of room are left. Returns how many bytes were written. What is no
 * escape stands for itself. White space at the end of a line is no content (rule 3 there), unless it is
 * longer than any line may be. */
size_t mime_quoted_decode(struct mime_quoted *s, struct bytes *in, uint8_t *out, size_t room);
/* False: within an escape. */
bool mime_quoted_may_end(const struct mime_quoted *s);
/* Writes the start of an escape that never ended; returns how many bytes. */
size_t mime_quoted_finish(struct mime_quoted *s, uint8_t out[MIME_QUOTED_HELD]);

#endif

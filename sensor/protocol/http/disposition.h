/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_DISPOSITION_H
#define GANTRY_PROTOCOL_DISPOSITION_H

#include "base/bytes.h"

/* Header values with parameters: Content-Disposition in HTTP (RFC 6266) and in MIME parts (RFC 2183, RFC
 * 7578), parameters of Content-Type. Read as leniently as browsers, curl and mail clients write and read
 * them: ext-values (RFC 8187, RFC 2231 with continuations), encoded words (RFC 2047) also inside quotes,
 * percent-encoded quotes (WHATWG form-data), quoted strings with backslashes, raw UTF-8 or Latin-1. */

#define DISPOSITION_SCRATCH_MIN 1024 /* bytes */

struct disposition {
    struct bytes
        type; /* "attachment", "form-data" as written; empty when the value begins with a parameter */
    struct bytes name;     /* of the form field: cleaned like the file name, but keeps slashes */
    struct bytes filename; /* last path component; empty if none is given */
};

/* The results are valid UTF-8 without control characters, cut at a character to what fits (at most a half of
 * the scratch space each) and point into `scratch`, `type` into the header value. filename* wins over
 * filename. False when the value holds neither a type nor a name, or scratch_size is less than
 * DISPOSITION_SCRATCH_MIN. */
bool disposition_parse(struct bytes header_value, char *scratch, size_t scratch_size,
                       struct disposition *out);

/* One parameter by its name in any case, "boundary" of a Content-Type: quotes and backslashes are taken off,
 * nothing is decoded. Points into `scratch`; empty if it is not there, is empty, or is longer than `size`. */
struct bytes header_parameter(struct bytes value, const char *name, char *scratch, size_t size);

/* The last component of a path (behind the last slash or backslash), as valid UTF-8 without control
 * characters (Latin-1 is assumed where it is not UTF-8), cut to `size` at a character. With `percent` %XX is
 * decoded first. Empty if the path ends with a separator, or in "." or "..". Points into `scratch`. */
struct bytes path_file_name(struct bytes path, bool percent, char *scratch, size_t size);

#endif

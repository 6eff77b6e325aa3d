/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_JSON_H
#define GANTRY_BASE_JSON_H

#include "base/bytes.h"

/* Writes one JSON text (RFC 8259) into a caller's buffer, never beyond it. Keys are C strings of ours; values
 * may be hostile: characters that act instead of showing (utf8_hidden) are escaped, invalid UTF-8 becomes
 * U+FFFD, so that the output is valid whatever came in. `key` is NULL inside arrays and for the outermost
 * value. When the buffer is too small `overflow` is set and the text must not be used. */
struct json {
    char *start, *at, *end;
    size_t most; /* bytes that it may grow to; 0: the caller's buffer, which does not */
    bool comma, overflow;
};

void json_init(struct json *j, char *buffer, size_t size);
/* The same into a buffer of its own that grows to at most `most` bytes. */
void json_grow(struct json *j, size_t most);
void json_free(struct json *j);
/* The buffer, which is the caller's to free() from now on; NULL after an overflow. */
char *json_take(struct json *j, size_t *size);
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_bytes(struct json *j, const char *key, struct bytes value);
void json_text(struct json *j, const char *key, const char *value); /* NULL writes null */
void json_number(struct json *j, const char *key, uint64_t value);
void json_integer(struct json *j, const char *key, int64_t value);
void json_decimal(struct json *j, const char *key, double value); /* three decimals */
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/* Bytes written so far, 0 after an overflow. The buffer is not NUL-terminated. */
size_t json_size(const struct json *j);

#endif

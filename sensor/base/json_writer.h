/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_JSON_WRITER_H
#define GANTRY_BASE_JSON_WRITER_H

#include "base/bytes.h"

/* Writes one JSON text (RFC 8259) into a caller's buffer, never beyond it. Keys are C strings of ours; values
 * may be hostile: characters that act instead of showing (utf8_hidden) are escaped, invalid UTF-8 becomes
 * U+FFFD, so that the output is valid whatever came in. `key` is NULL inside arrays and for the outermost
 * value. When the buffer is too small `overflow` is set and the text must not be used. */
struct json_writer {
    char *start, *at, *end;
    size_t most; /* bytes that it may grow to; 0: the caller's buffer, which does not */
    bool comma, overflow;
};

void json_writer_init(struct json_writer *j, char *buffer, size_t size);
/* The same into a buffer of its own that grows to at most `most` bytes. */
void json_writer_grow(struct json_writer *j, size_t most);
void json_writer_free(struct json_writer *j);
/* The buffer, which is the caller's to free() from now on; NULL after an overflow. */
char *json_writer_take(struct json_writer *j, size_t *size);
void json_write_object(struct json_writer *j, const char *key);
void json_write_object_end(struct json_writer *j);
void json_write_array(struct json_writer *j, const char *key);
void json_write_array_end(struct json_writer *j);
void json_write_bytes(struct json_writer *j, const char *key, struct bytes value);
void json_write_text(struct json_writer *j, const char *key, const char *value); /* NULL writes null */
void json_write_number(struct json_writer *j, const char *key, uint64_t value);
void json_write_integer(struct json_writer *j, const char *key, int64_t value);
void json_write_decimal(struct json_writer *j, const char *key, double value); /* three decimals */
void json_write_bool(struct json_writer *j, const char *key, bool value);
void json_write_null(struct json_writer *j, const char *key);

/* Bytes written so far, 0 after an overflow. The buffer is not NUL-terminated. */
size_t json_writer_size(const struct json_writer *j);

#endif

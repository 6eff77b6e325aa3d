/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_TEXT_H
#define GANTRY_PROTOCOL_FTP_TEXT_H

#include "base/bytes.h"
#include "flow/side.h"

/* What FTP writes into its lines. Text is borrowed, without its line end, and may hold any byte. All return
 * false, and leave `out` alone, when the text does not hold it. */

enum { FTP_PATH_MAX = 1024 };

/* "h1,h2,h3,h4,p1,p2" anywhere in the text (RFC 959 section 4.1.2): PORT's argument, or a 227 reply in any of
 * the servers' spellings: with brackets, without, after "=", with spaces behind the commas. Port 0 is
 * refused. */
bool ftp_read_host_port(struct bytes text, struct endpoint *out);
/* EPRT's argument, "|1|192.0.2.1|5000|" with any delimiter (RFC 2428 section 2). */
bool ftp_read_extended(struct bytes text, struct endpoint *out);
/* The port of a 229 reply, "(|||5000|)" (RFC 2428 section 3); servers that name protocol and address are read
 * too. */
bool ftp_read_extended_port(struct bytes text, uint16_t *out);
/* "(12345 bytes)" as servers add to 150. */
bool ftp_read_length(struct bytes text, uint64_t *out);
/* The name that the server chose for STOU: "FILE: name" (RFC 1123 section 4.1.2.9), "unique file name:name)",
 * a quoted name, or "for name" before "(" or the end. */
bool ftp_read_unique_name(struct bytes text, struct bytes *out);
/* Code and text of a reply line; *more for "150-". */
bool ftp_read_reply(struct bytes line, unsigned *code, bool *more, struct bytes *text);
/* The first word, and what is behind the one blank that ends it. */
struct bytes ftp_read_verb(struct bytes line, struct bytes *argument);

/* A path, "." and ".." resolved as text. Without a leading "/" it is relative to a directory that nobody has
 * named. */
struct ftp_path {
    uint16_t n;
    uint8_t p[FTP_PATH_MAX];
};

static inline struct bytes ftp_path_bytes(const struct ftp_path *path) {
    return bytes_of(path->p, path->n);
}

/* As `path = *from` would, without the room that is not used. */
static inline void ftp_path_copy(struct ftp_path *path, const struct ftp_path *from) {
    path->n = from->n;
    memcpy(path->p, from->p, from->n);
}

/* Of the text as it is; the end of it if it is longer than the bound (counted). */
void ftp_path_set(struct ftp_path *path, struct bytes text);
/* Where `argument` leads from `path`. */
void ftp_path_join(struct ftp_path *path, struct bytes argument);
/* 257's "path", with doubled quotes made single (RFC 959 appendix II). */
bool ftp_path_quoted(struct ftp_path *path, struct bytes text);
/* Behind the last "/". */
struct bytes ftp_path_name(const struct ftp_path *path);

#endif

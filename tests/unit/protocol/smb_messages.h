/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PROTOCOL_SMB_MESSAGES_H
#define GANTRY_TESTS_PROTOCOL_SMB_MESSAGES_H

#include "talk.h"

/* SMB 2 messages as [MS-SMB2] section 2.2 lays them out, put into frames and into a list of pieces. */

enum { SCRIPT_PIECES = 256, SCRIPT_BYTES = 1 << 20 };

struct script {
    struct piece piece[SCRIPT_PIECES];
    size_t pieces, used;
    size_t frame, message; /* where the open ones begin */
    char bytes[SCRIPT_BYTES];
};

static struct script script;

static inline void put(const void *p, size_t n) {
    if (n)
        memcpy(script.bytes + script.used, p, n);
    script.used += n;
}

static inline void put_number(uint64_t v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint8_t octet = (uint8_t)(v >> 8 * i);
        put(&octet, 1);
    }
}

static inline void put_zeros(size_t n) {
    put_number(0, n > 8 ? 8 : n);
    if (n > 8)
        put_zeros(n - 8);
}

static inline void put_wide(const char *text) {
    for (; *text; text++)
        put_number((uint8_t)*text, 2);
}

static inline void patch(size_t at, uint64_t v, size_t n) {
    for (size_t i = 0; i < n; i++)
        script.bytes[at + i] = (char)(v >> 8 * i);
}

static inline void script_begin(void) {
    script.pieces = script.used = 0;
}

static inline void frame_begin(void) {
    script.frame = script.used;
    put_zeros(4);
}

static inline void frame_end(enum side from) {
    size_t n = script.used - script.frame - 4;
    script.bytes[script.frame + 1] = (char)(n >> 16);
    script.bytes[script.frame + 2] = (char)(n >> 8);
    script.bytes[script.frame + 3] = (char)n;
    script.piece[script.pieces++] = (struct piece){from, script.bytes + script.frame, n + 4};
}

static inline void lose(enum side from, size_t n) {
    script.piece[script.pieces++] = (struct piece){from, NULL, n};
}

struct header {
    uint16_t command;
    uint32_t status, flags, tree;
    uint64_t number, session;
};

static inline void put_header(struct header h) {
    script.message = script.used;
    put("\xfeSMB", 4);
    put_number(64, 2);
    put_number(1, 2); /* credits for it */
    put_number(h.status, 4);
    put_number(h.command, 2);
    put_number(1, 2);
    put_number(h.flags, 4);
    put_number(0, 4); /* the next one */
    put_number(h.number, 8);
    put_number(0, 4);
    put_number(h.tree, 4);
    put_number(h.session, 8);
    put_zeros(16); /* signature */
}

/* Another message follows in the frame. */
static inline void chain(void) {
    while ((script.used - script.message) % 8)
        put_zeros(1);
    patch(script.message + 20, script.used - script.message, 4);
}

/* --- bodies --- */

static inline void put_tree(const char *path) {
    put_number(9, 2);
    put_number(0, 2);
    put_number(72, 2);
    put_number(2 * strlen(path), 2);
    put_wide(path);
}

static inline void put_tree_answer(uint8_t type) {
    put_number(16, 2);
    put_number(type, 1);
    put_zeros(13);
}

/* With a context of this name whose data are these, or without. */
static inline void put_create(const char *path, const char *context, const void *data, size_t n) {
    size_t path_n = 2 * strlen(path), at = (120 + path_n + 7) & ~(size_t)7;
    put_number(57, 2);
    put_zeros(42);
    put_number(120, 2);
    put_number(path_n, 2);
    put_number(context ? at : 0, 4);
    put_number(context ? 24 + n : 0, 4);
    put_wide(path);
    if (!context)
        return;
    put_zeros(at - 120 - path_n);
    put_number(0, 4);
    put_number(16, 2);
    put_number(4, 2);
    put_number(0, 2);
    put_number(24, 2);
    put_number(n, 4);
    put(context, 4);
    put_zeros(4);
    put(data, n);
}

static inline void put_handle(uint64_t handle) {
    put_number(handle, 8);
    put_number(handle == UINT64_MAX ? handle : handle + 1, 8);
}

static inline void put_create_answer(uint64_t handle, uint64_t end) {
    put_number(89, 2);
    put_zeros(46);
    put_number(end, 8);
    put_zeros(8);
    put_handle(handle);
    put_zeros(8);
}

static inline void put_error(void) {
    put_number(9, 2);
    put_zeros(7);
}

static inline void put_close(uint64_t handle) {
    put_number(24, 2);
    put_zeros(6);
    put_handle(handle);
}

/* `end` is told if it is not UINT64_MAX. */
static inline void put_close_answer(uint64_t end) {
    bool told = end != UINT64_MAX;
    put_number(60, 2);
    put_number(told, 2);
    put_zeros(44);
    put_number(told ? end : 0, 8);
    put_zeros(4);
}

static inline void put_read(uint64_t handle, uint64_t offset, uint32_t n) {
    put_number(49, 2);
    put_zeros(2);
    put_number(n, 4);
    put_number(offset, 8);
    put_handle(handle);
    put_zeros(17);
}

static inline void put_read_answer(const void *p, size_t n) {
    put_number(17, 2);
    put_number(80, 2);
    put_number(n, 4);
    put_zeros(8);
    put(p, n);
}

static inline void put_write(uint64_t handle, uint64_t offset, const void *p, size_t n) {
    put_number(49, 2);
    put_number(112, 2);
    put_number(n, 4);
    put_number(offset, 8);
    put_handle(handle);
    put_zeros(16);
    put(p, n);
}

static inline void put_set_end(uint64_t handle, uint64_t end) {
    put_number(33, 2);
    put_number(1, 1);
    put_number(20, 1);
    put_number(8, 4);
    put_number(96, 2);
    put_zeros(6);
    put_handle(handle);
    put_number(end, 8);
}

/* Section 2.2.31.1: one chunk. */
static inline void put_copy(uint64_t handle, uint64_t from, uint64_t to, uint32_t n) {
    put_number(57, 2);
    put_zeros(2);
    put_number(0x1440f2, 4);
    put_handle(handle);
    put_number(120, 4);
    put_number(56, 4);
    put_zeros(24);
    put_zeros(24); /* the key of the source */
    put_number(1, 4);
    put_zeros(4);
    put_number(from, 8);
    put_number(to, 8);
    put_number(n, 4);
    put_zeros(4);
}

static inline void put_query(uint64_t handle, uint8_t kind, uint8_t flags) {
    put_number(33, 2);
    put_number(kind, 1);
    put_number(flags, 1);
    put_zeros(4);
    put_handle(handle);
    put_number(96, 2);
    put_number(2, 2);
    put_number(0x10000, 4);
    put_wide("*");
}

/* One entry of [MS-FSCC] section 2.4 whose name begins at `name_at`; `last`: none follows. */
static inline void put_listed(const char *name, unsigned name_at, bool folder, bool last) {
    size_t n = 2 * strlen(name), padded = (name_at + n + 7) & ~(size_t)7;
    put_number(last ? 0 : padded, 4);
    put_zeros(4);
    if (name_at == 12) {
        put_number(n, 4);
    } else {
        put_zeros(48);
        put_number(folder ? 0x10 : 0x20, 4);
        put_number(n, 4);
        put_zeros(name_at - 64);
    }
    put_wide(name);
    if (!last)
        put_zeros(padded - name_at - n);
}

static inline void put_query_answer(size_t n) {
    put_number(9, 2);
    put_number(72, 2);
    put_number(n, 4);
}

/* --- a message alone in its frame --- */

enum { SESSION = 0x4001, TREE = 5, ANSWER = 1, RELATED = 4, SIGNED = 8, PENDING = 0x103, DENIED = 0x2200 };

#define ASK_WITH(flags, command, number, ...)                                                                \
    frame_begin(), put_header((struct header){command, 0, flags, TREE, number, SESSION}), __VA_ARGS__,       \
        frame_end(SIDE_CLIENT)
#define ASK(command, number, ...) ASK_WITH(0, command, number, __VA_ARGS__)
#define SAY(command, number, status, ...)                                                                    \
    frame_begin(), put_header((struct header){command, status, ANSWER, TREE, number, SESSION}), __VA_ARGS__, \
        frame_end(SIDE_SERVER)

#endif

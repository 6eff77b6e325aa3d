/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_modes.h"

#include "base/counter.h"

#include <string.h>

/* Descriptor codes of blocks, and of the byte behind an escape (RFC 959 sections 3.4.2 and 3.4.3). */
enum { END_OF_RECORD = 128, END_OF_FILE = 64, SUSPECT = 32, RESTART_MARKER = 16 };
enum { PIECE = 1024 };

bool ftp_modes_unsure(unsigned modes) {
    return modes & (FTP_RUNS | FTP_RECORDS | FTP_EBCDIC | FTP_BLOCKS);
}

static struct ftp_undo *undo_of(struct filter *f) {
    return (struct ftp_undo *)((uint8_t *)f - offsetof(struct ftp_undo, filter));
}

/* Runs unfold one byte to 63: what unfolds far beyond its bytes on the wire is not followed to its end. */
static bool is_unfolded(struct ftp_undo *u, size_t n) {
    enum { FREE = 1 << 20, RATIO = 8 };
    u->out += n;
    if (u->out < FREE || u->out / RATIO <= u->in)
        return false;
    if (!u->broken)
        counter_one(COUNTER_FTP_RUNS_BOUND);
    return u->broken = true;
}

static void pass_on(struct ftp_undo *u, const uint8_t *bytes, size_t n) {
    if (n && !u->marker && !is_unfolded(u, n))
        filter_data(u->filter.next, bytes, n);
}

/* A record ends as a line does. */
static void end_record(struct ftp_undo *u) {
    pass_on(u, (const uint8_t *)"\n", 1);
}

static void repeat_byte(struct ftp_undo *u, uint8_t byte, unsigned n) {
    uint8_t run[64];
    memset(run, byte, sizeof run);
    pass_on(u, run, n);
}

/* --- MODE B --- */

/* Text that was sent as it is rarely begins like this, and no picture does. */
static bool is_block_head(const uint8_t head[3]) {
    bool known = (head[0] & 15) == 0;
    return known && (!(head[0] & RESTART_MARKER) || head[0] == RESTART_MARKER);
}

/* How a block ends is said before it. */
static void end_block(struct ftp_undo *u) {
    if (u->head[0] & END_OF_RECORD && u->modes & FTP_RECORDS)
        end_record(u);
    bool last = u->head[0] & END_OF_FILE;
    u->marker = false;
    u->head_n = 0;
    if (last)
        u->over(u);
}

static void begin_block(struct ftp_undo *u) {
    u->left = (uint32_t)(u->head[1] << 8 | u->head[2]);
    if (!is_block_head(u->head)) {
        u->plain = true;
        u->broken = u->began;
        pass_on(u, u->head, sizeof u->head);
        return;
    }
    u->began = true;
    u->marker = (u->head[0] & RESTART_MARKER) != 0;
    if (u->left == 0)
        end_block(u);
}

static void undo_blocks(struct filter *f, const uint8_t *bytes, size_t n) {
    struct ftp_undo *u = undo_of(f);
    while (n > 0 && !u->plain) {
        bool head = u->head_n < sizeof u->head;
        size_t take = head ? 1 : n < u->left ? n : u->left;
        u->in += take;
        if (head) {
            u->head[u->head_n++] = *bytes;
            if (u->head_n == sizeof u->head)
                begin_block(u);
        } else {
            pass_on(u, bytes, take);
            u->left -= (uint32_t)take;
            if (u->left == 0)
                end_block(u);
        }
        bytes += take;
        n -= take;
    }
    u->in += n;
    if (u->plain)
        pass_on(u, bytes, n);
}

/* --- MODE C --- */

static void note_escape(struct ftp_undo *u, uint8_t code) {
    if (code & END_OF_RECORD && u->modes & FTP_RECORDS)
        end_record(u);
    u->marker = (code & RESTART_MARKER) != 0; /* the string that follows */
    if (code & END_OF_FILE)
        u->over(u);
}

/* The byte before a string: literal bytes, one byte to repeat, the filler, or an escape. */
static void begin_string(struct ftp_undo *u, uint8_t byte) {
    if (byte == 0) {
        u->head_n = 1;
    } else if (byte < 128) {
        u->left = byte;
    } else if (byte < 192) {
        u->replica = true;
        u->left = byte & 63;
    } else {
        repeat_byte(u, u->modes & FTP_EBCDIC ? 0x40 : 0, byte & 63);
        u->marker = false;
    }
}

static size_t take_string(struct ftp_undo *u, const uint8_t *bytes, size_t n) {
    size_t take = n < u->left ? n : u->left;
    pass_on(u, bytes, take);
    u->left -= (uint32_t)take;
    if (u->left == 0)
        u->marker = false;
    return take;
}

static void undo_runs(struct filter *f, const uint8_t *bytes, size_t n) {
    struct ftp_undo *u = undo_of(f);
    while (n > 0) {
        size_t take = 1;
        if (u->head_n) {
            u->head_n = 0;
            note_escape(u, *bytes);
        } else if (u->replica) {
            repeat_byte(u, *bytes, u->left);
            u->replica = u->marker = false;
            u->left = 0;
        } else if (u->left > 0) {
            take = take_string(u, bytes, n);
        } else {
            begin_string(u, *bytes);
        }
        u->in += take;
        bytes += take;
        n -= take;
    }
}

/* --- STRU R in stream mode (RFC 959 section 3.4.1) --- */

static void undo_records(struct filter *f, const uint8_t *bytes, size_t n) {
    enum { ESCAPE = 255, RECORD = 1, FILE_END = 2 };
    struct ftp_undo *u = undo_of(f);
    while (n > 0) {
        const uint8_t *at = u->head_n ? bytes : memchr(bytes, ESCAPE, n);
        size_t take = at ? (size_t)(at - bytes) : n;
        pass_on(u, bytes, take);
        if (take < n && !u->head_n) {
            u->head_n = 1;
            take++;
        } else if (take < n) {
            u->head_n = 0;
            if (*bytes == ESCAPE)
                pass_on(u, bytes, 1);
            else if (*bytes & RECORD)
                end_record(u);
            if (*bytes != ESCAPE && *bytes & FILE_END)
                u->over(u);
            take++;
        }
        u->in += take;
        bytes += take;
        n -= take;
    }
}

/* --- TYPE E: code page 037, 0x15 and 0x25 end lines --- */

static const uint8_t latin_of_ebcdic[256] = {
    0,   1,   2,   3,   156, 9,   134, 127, 151, 141, 142, 11,  12,  13,  14,  15,  16,  17,  18,  19,
    157, 10,  8,   135, 24,  25,  146, 143, 28,  29,  30,  31,  128, 129, 130, 131, 132, 10,  23,  27,
    136, 137, 138, 139, 140, 5,   6,   7,   144, 145, 22,  147, 148, 149, 150, 4,   152, 153, 154, 155,
    20,  21,  158, 26,  32,  160, 226, 228, 224, 225, 227, 229, 231, 241, 162, 46,  60,  40,  43,  124,
    38,  233, 234, 235, 232, 237, 238, 239, 236, 223, 33,  36,  42,  41,  59,  172, 45,  47,  194, 196,
    192, 193, 195, 197, 199, 209, 166, 44,  37,  95,  62,  63,  248, 201, 202, 203, 200, 205, 206, 207,
    204, 96,  58,  35,  64,  39,  61,  34,  216, 97,  98,  99,  100, 101, 102, 103, 104, 105, 171, 187,
    240, 253, 254, 177, 176, 106, 107, 108, 109, 110, 111, 112, 113, 114, 170, 186, 230, 184, 198, 164,
    181, 126, 115, 116, 117, 118, 119, 120, 121, 122, 161, 191, 208, 221, 222, 174, 94,  163, 165, 183,
    169, 167, 182, 188, 189, 190, 91,  93,  175, 168, 180, 215, 123, 65,  66,  67,  68,  69,  70,  71,
    72,  73,  173, 244, 246, 242, 243, 245, 125, 74,  75,  76,  77,  78,  79,  80,  81,  82,  185, 251,
    252, 249, 250, 255, 92,  247, 83,  84,  85,  86,  87,  88,  89,  90,  178, 212, 214, 210, 211, 213,
    48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  179, 219, 220, 217, 218, 159,
};

static void undo_ebcdic(struct filter *f, const uint8_t *bytes, size_t n) {
    uint8_t out[PIECE];
    while (n > 0) {
        size_t take = n < PIECE ? n : PIECE;
        for (size_t i = 0; i < take; i++)
            out[i] = latin_of_ebcdic[bytes[i]];
        filter_data(f->next, out, take);
        bytes += take;
        n -= take;
    }
}

/* --- all --- */

/* Where blocks go on behind what is missing nobody knows, unless all of it lies in this one. */
static void undo_gap(struct filter *f, uint64_t n) {
    struct ftp_undo *u = undo_of(f);
    filter_gap(f->next, n);
    if (!(u->modes & FTP_MODE) || u->plain)
        return;
    if (!u->replica && n < u->left) {
        u->left -= (uint32_t)n;
        return;
    }
    u->broken = u->plain = true;
}

/* A head that was cut is what the file ends with, where there were no blocks before. */
static void undo_end(struct filter *f, enum transfer_end how) {
    struct ftp_undo *u = undo_of(f);
    bool blocks = (u->modes & FTP_BLOCKS) != 0;
    if (blocks && !u->plain && !u->began && u->head_n)
        filter_data(f->next, u->head, u->head_n);
    bool cut = u->broken || (!u->plain && (u->left > 0 || (blocks && u->began && u->head_n)));
    filter_end(f->next, cut ? TRANSFER_CUT : how);
}

static const struct filter_ops blocks_ops = {.data = undo_blocks, .gap = undo_gap, .end = undo_end};
static const struct filter_ops runs_ops = {.data = undo_runs, .gap = undo_gap, .end = undo_end};
static const struct filter_ops records_ops = {.data = undo_records, .gap = undo_gap, .end = undo_end};
static const struct filter_ops ebcdic_ops = {.data = undo_ebcdic, .gap = undo_gap, .end = undo_end};

struct filter *ftp_undo_begin(struct ftp_undo *u, unsigned modes, struct codings *codings,
                              void (*over)(struct ftp_undo *u), struct filter *next) {
    static const struct {
        unsigned mode;
        const struct filter_ops *ops;
    } own[] = {{FTP_BLOCKS, &blocks_ops},
               {FTP_RUNS, &runs_ops},
               {FTP_RECORDS, &records_ops},
               {FTP_EBCDIC, &ebcdic_ops}};
    if (modes & FTP_DEFLATE && codings) {
        struct coding_list deflate = coding_parse(bytes_text("deflate"), 1, true);
        return coding_stack(codings, &deflate, next);
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (modes & own[i].mode) {
            *u = (struct ftp_undo){.filter = {own[i].ops, next}, .modes = (uint8_t)modes, .over = over};
            return &u->filter;
        }
    return next;
}

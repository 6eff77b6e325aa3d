/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/sevenzip_head.h"

#include "base/utf8.h"

#include <lzma.h>

/* Property ids (7zFormat.txt, "Property IDs"). */
enum {
    END = 0,
    HEADER = 1,
    PROPERTIES = 2,
    ADDITIONAL = 3,
    STREAMS = 4,
    FILES = 5,
    PACK = 6,
    UNPACK = 7,
    SUBSTREAMS = 8,
    SIZE = 9,
    SUM = 10,
    FOLDER = 11,
    FOLDER_SIZE = 12,
    STREAM_COUNT = 13,
    NAMES = 17,
    PACKED_HEADER = 23,
};

enum { FOLDERS_MAX = 1 << 16, CODERS_MAX = 32, STREAMS_MAX = 32, COUNT_MAX = 1 << 24 };

/* --- Numbers --- */

/* "REAL_UINT64": the upper bits of the first octet say how many follow, lowest first. */
static bool take_number(struct reader *r, uint64_t *out) {
    uint8_t first, octet;
    if (!reader_u8(r, &first))
        return false;
    *out = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (!(first & 0x80u >> i)) {
            *out += (uint64_t)(first & (0x7Fu >> i)) << 8 * i;
            return true;
        }
        if (!reader_u8(r, &octet))
            return false;
        *out |= (uint64_t)octet << 8 * i;
    }
    return true;
}

static bool take_count(struct reader *r, uint64_t *out, uint64_t most) {
    return take_number(r, out) && *out <= most;
}

static bool take_id(struct reader *r, uint8_t id) {
    uint8_t octet;
    return reader_left(r) > 0 && *r->at == id && reader_u8(r, &octet);
}

static bool skip_numbers(struct reader *r, uint64_t count) {
    uint64_t number;
    for (uint64_t i = 0; i < count; i++)
        if (!take_number(r, &number))
            return false;
    return true;
}

/* Which of `count` have a sum, and these. */
static bool skip_sums(struct reader *r, uint64_t count) {
    uint8_t all, bits = 0;
    uint64_t sums = count;
    if (!reader_u8(r, &all))
        return false;
    if (!all) {
        sums = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (i % 8 == 0 && !reader_u8(r, &bits))
                return false;
            sums += bits >> (7 - i % 8) & 1;
        }
    }
    return sums <= reader_left(r) / 4 && reader_skip(r, (size_t)sums * 4);
}

/* --- How streams are packed --- */

struct streams {
    uint64_t from, size;        /* of the first packed stream */
    uint64_t folders, unpacked; /* streams that come out of the folders: files with content */
    unsigned coders;            /* of the first folder */
    bool encrypted, lzma;
    uint8_t properties[SEVENZIP_PROPERTIES];
};

static bool read_pack(struct reader *r, struct streams *s) {
    uint64_t count, number;
    if (!take_number(r, &s->from) || !take_count(r, &count, COUNT_MAX))
        return false;
    if (take_id(r, SIZE)) {
        for (uint64_t i = 0; i < count; i++) {
            if (!take_number(r, &number))
                return false;
            if (i == 0)
                s->size = number;
        }
    }
    if (take_id(r, SUM) && !skip_sums(r, count))
        return false;
    return take_id(r, END);
}

static bool read_coder(struct reader *r, struct streams *s, bool first, uint64_t *in, uint64_t *out) {
    static const uint8_t aes[] = {6, 0xF1, 7, 1}, lzma[] = {3, 1, 1};
    uint8_t flags;
    const uint8_t *id, *properties = NULL;
    uint64_t n = 0;
    *in = *out = 1;
    if (!reader_u8(r, &flags) || !reader_take(r, flags & 15, &id))
        return false;
    if (flags & 0x10 && (!take_count(r, in, STREAMS_MAX) || !take_count(r, out, STREAMS_MAX)))
        return false;
    if (flags & 0x20 && (!take_count(r, &n, 1 << 10) || !reader_take(r, (size_t)n, &properties)))
        return false;
    struct bytes name = bytes_of(id, flags & 15);
    s->encrypted |= bytes_equal(name, bytes_of(aes, sizeof aes));
    if (first && bytes_equal(name, bytes_of(lzma, sizeof lzma)) && n == SEVENZIP_PROPERTIES) {
        s->lzma = true;
        memcpy(s->properties, properties, SEVENZIP_PROPERTIES);
    }
    return true;
}

/* Returns its streams that come out; 0: it cannot be read. */
static uint64_t read_folder(struct reader *r, struct streams *s, bool first) {
    uint64_t coders, in = 0, out = 0;
    if (!take_count(r, &coders, CODERS_MAX) || coders == 0)
        return 0;
    for (uint64_t i = 0; i < coders; i++) {
        uint64_t more_in, more_out;
        if (!read_coder(r, s, first, &more_in, &more_out))
            return 0;
        in += more_in;
        out += more_out;
    }
    if (first)
        s->coders = (unsigned)coders;
    uint64_t bonds = out - 1, packed = in - bonds;
    if (out == 0 || in < bonds || !skip_numbers(r, 2 * bonds) || (packed > 1 && !skip_numbers(r, packed)))
        return 0;
    return out;
}

static bool read_folders(struct reader *r, struct streams *s) {
    uint64_t sizes = 0;
    uint8_t external;
    if (!take_id(r, FOLDER) || !take_count(r, &s->folders, FOLDERS_MAX) || !reader_u8(r, &external) ||
        external)
        return false;
    for (uint64_t i = 0; i < s->folders; i++) {
        uint64_t out = read_folder(r, s, i == 0);
        if (out == 0)
            return false;
        sizes += out;
    }
    if (!take_id(r, FOLDER_SIZE) || !skip_numbers(r, sizes))
        return false;
    if (take_id(r, SUM) && !skip_sums(r, s->folders))
        return false;
    return take_id(r, END);
}

/* Sizes and sums of what is in each folder; of no use but for what follows. */
static bool skip_substreams(struct reader *r, const struct streams *s) {
    uint64_t total = s->folders, sizes = 0, n;
    if (take_id(r, STREAM_COUNT)) {
        total = 0;
        for (uint64_t i = 0; i < s->folders; i++) {
            if (!take_count(r, &n, COUNT_MAX))
                return false;
            total += n;
            sizes += n > 0 ? n - 1 : 0;
        }
    }
    if (take_id(r, SIZE) && !skip_numbers(r, sizes))
        return false;
    if (take_id(r, SUM) && !skip_sums(r, total))
        return false; /* a folder of one stream may have its sum already: then these are fewer */
    return take_id(r, END);
}

static bool read_streams(struct reader *r, struct streams *s) {
    *s = (struct streams){0};
    if (take_id(r, PACK) && !read_pack(r, s))
        return false;
    return !take_id(r, UNPACK) || read_folders(r, s);
}

/* --- The packed head --- */

bool sevenzip_is_packed(struct bytes described) {
    return described.n > 0 && described.p[0] == PACKED_HEADER;
}

bool sevenzip_read_packed(struct bytes described, struct sevenzip_packed *out) {
    struct reader r = reader_of(described.p + 1, described.n - 1);
    struct streams s;
    bool read = read_streams(&r, &s);
    *out = (struct sevenzip_packed){
        .from = s.from, .size = s.size, .encrypted = s.encrypted, .lzma = s.lzma && s.coders == 1};
    memcpy(out->properties, s.properties, sizeof s.properties);
    return read;
}

/* The decoder's memory lies here: one head is unpacked at a time, and nothing is kept. */
static struct {
    size_t used;
    _Alignas(16) uint8_t room[192 << 10];
} decoder;

static void *take_memory(void *opaque, size_t count, size_t size) {
    size_t n = (count * size + 15) & ~(size_t)15;
    if (n > sizeof decoder.room - decoder.used)
        return NULL;
    decoder.used += n;
    return decoder.room + decoder.used - n;
}

static void give_memory(void *opaque, void *p) {
}

/* Distances reach no further back than what came out: of the dictionary no more is needed than that. */
size_t sevenzip_unpack_head(const struct sevenzip_packed *p, struct bytes packed, uint8_t *out) {
    static const lzma_allocator memory = {take_memory, give_memory, NULL};
    unsigned how = p->properties[0];
    lzma_options_lzma options = {
        .dict_size = SEVENZIP_HEAD_MAX, .lc = how % 9, .lp = how / 9 % 5, .pb = how / 45};
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    lzma_stream stream = LZMA_STREAM_INIT;
    decoder.used = 0;
    stream.allocator = &memory;
    if (!p->lzma || lzma_raw_decoder(&stream, filters) != LZMA_OK)
        return 0;
    stream.next_in = packed.p;
    stream.avail_in = packed.n;
    stream.next_out = out;
    stream.avail_out = SEVENZIP_HEAD_MAX;
    lzma_ret ret = lzma_code(&stream, LZMA_RUN);
    lzma_end(&stream);
    return ret == LZMA_OK || ret == LZMA_STREAM_END ? SEVENZIP_HEAD_MAX - stream.avail_out : 0;
}

/* --- The head --- */

static bool read_files(struct reader *r, struct sevenzip_head *out) {
    uint64_t id, size;
    const uint8_t *content;
    if (!take_count(r, &out->files, COUNT_MAX))
        return false;
    while (take_number(r, &id) && id != END && take_number(r, &size)) {
        size_t n = size < reader_left(r) ? (size_t)size : reader_left(r);
        reader_take(r, n, &content);
        if (id == NAMES && n > 1 && content[0] == 0)
            out->names = bytes_of(content + 1, n - 1);
    }
    return true;
}

void sevenzip_read_head(struct bytes head, struct sevenzip_head *out) {
    struct reader r = reader_of(head.p, head.n);
    struct streams s = {0};
    *out = (struct sevenzip_head){0};
    if (!take_id(&r, HEADER) || !take_id(&r, STREAMS))
        return;
    bool whole = read_streams(&r, &s);
    out->encrypted = s.encrypted;
    if (!whole || (take_id(&r, SUBSTREAMS) && !skip_substreams(&r, &s)))
        return;
    if (take_id(&r, END) && take_id(&r, FILES))
        read_files(&r, out);
}

size_t sevenzip_take_name(struct bytes *names, uint8_t *out, size_t room) {
    size_t n = 0;
    bool fits = true;
    while (names->n >= 2) {
        uint32_t c = (uint32_t)(names->p[0] | names->p[1] << 8);
        *names = bytes_of(names->p + 2, names->n - 2);
        if (c == 0)
            return fits ? n : 0;
        if (c >= 0xD800 && c < 0xDC00 && names->n >= 2) {
            c = 0x10000 + ((c & 0x3FF) << 10) + ((uint32_t)(names->p[0] | names->p[1] << 8) & 0x3FF);
            *names = bytes_of(names->p + 2, names->n - 2);
        }
        fits = fits && n + 4 <= room;
        if (fits)
            n += utf8_put(c >= 0xD800 && c < 0xE000 ? UTF8_REPLACEMENT : c, (char *)out + n);
    }
    *names = bytes_of(NULL, 0);
    return 0;
}

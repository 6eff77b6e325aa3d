/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/picture.h"

/* --- JPEG: ITU-T T.81 annex B --- */

enum {
    SOF0 = 0xc0,
    SOF2 = 0xc2,
    DHT = 0xc4,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    DRI = 0xdd
};
enum {
    CHAIN_SCORE = 4,  /* of segments that lead to each other: no segment alone has it */
    SCAN_STUFFED = 8, /* FFs without one that is not stuffed, */
    SCAN_SPARSE = 16, /* in at least so many bytes each */
};

static unsigned read_u16(const uint8_t *p) {
    return (unsigned)p[0] << 8 | p[1];
}

/* What only stands at the head of a file, behind the marker and length of an application's segment. */
static bool is_application(const uint8_t *segment) {
    static const struct {
        uint8_t code, n;
        const char *text;
    } table[] = {
        {0xe0, 5, "JFIF"},           {0xe0, 5, "JFXX"},           {0xe0, 4, "AVI1"},
        {0xe1, 10, "Exif\0\0II*\0"}, {0xe1, 10, "Exif\0\0MM\0*"}, {0xe1, 20, "http://ns.adobe.com/"},
        {0xe2, 12, "ICC_PROFILE"},   {0xee, 5, "Adobe"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (segment[1] == table[i].code && memcmp(segment + 4, table[i].text, table[i].n) == 0)
            return read_u16(segment + 2) >= 2u + table[i].n;
    return false;
}

static bool is_frame(const uint8_t *segment, unsigned length) {
    unsigned components = segment[9], h = segment[11] >> 4, v = segment[11] & 15;
    return (components == 1 || components == 3 || components == 4) && length == 8 + 3 * components &&
           (segment[4] == 8 || segment[4] == 12) && read_u16(segment + 7) > 0 && h >= 1 && h <= 4 && v >= 1 &&
           v <= 4;
}

static bool is_huffman(const uint8_t *segment, unsigned length) {
    unsigned codes = 0;
    for (unsigned i = 0; i < 16; i++)
        codes += segment[5 + i];
    return segment[4] >> 4 <= 1 && (segment[4] & 15) <= 3 && codes >= 1 && codes <= 256 &&
           length >= 19 + codes && length <= 2 + 8 * (17 + 256);
}

static bool is_quantisation(const uint8_t *segment, unsigned length) {
    unsigned wide = segment[4] >> 4, one = wide ? 129 : 65;
    return wide <= 1 && (segment[4] & 15) <= 3 && length > 2 && (length - 2) % one == 0 &&
           (length - 2) / one <= 4;
}

static bool is_scan_header(const uint8_t *segment, unsigned length) {
    unsigned components = segment[4], spectral = 5 + 2 * components;
    return components >= 1 && components <= 4 && length == 6 + 2 * components && segment[spectral] <= 63 &&
           segment[spectral + 1] <= 63;
}

/* How telling a segment is whose fields agree with its length; 0: it is none. */
static unsigned score_segment(const uint8_t *segment) {
    unsigned code = segment[1], length = read_u16(segment + 2);
    if (code >= SOF0 && code <= SOF2)
        return is_frame(segment, length) ? 3 : 0;
    if (code == DHT)
        return is_huffman(segment, length) ? 2 : 0;
    if (code == DQT)
        return is_quantisation(segment, length) ? 2 : 0;
    if (code == SOS)
        return is_scan_header(segment, length) ? 2 : 0;
    return code == DRI && length == 4;
}

/* A segment goes on with the chain that leads to it, or begins one. True once that is a picture's. */
static bool follow_chain(struct picture_finder *f, const uint8_t *segment, uint64_t offset) {
    unsigned score = score_segment(segment), i = 0;
    if (score == 0)
        return false;
    while (i < PICTURE_CHAINS && f->chains[i].next != offset)
        i++;
    if (i == PICTURE_CHAINS) {
        i = f->turn++ % PICTURE_CHAINS;
        f->chains[i].score = 0;
    }
    f->chains[i].next = offset + 2 + read_u16(segment + 2);
    f->chains[i].score += score;
    return f->chains[i].score >= CHAIN_SCORE;
}

/* Numbers of 16 bits have FF 00 too, and drawings: a scan's code words have few zeros, and no two bytes alike
 * for long. */
static bool is_scan_data(const uint8_t *p) {
    bool seen[256] = {false};
    unsigned zeros = 0, different = 0;
    for (unsigned i = 0; i < PICTURE_LOOK; i++) {
        zeros += p[i] == 0;
        different += !seen[p[i]];
        seen[p[i]] = true;
    }
    return zeros <= PICTURE_LOOK / 8 && different >= PICTURE_LOOK / 2;
}

/* An FF that is stuffed says something only where other octets follow than behind the one before: what
 * repeats itself, such as the numbers from 0 to 255, has one in each round. */
static bool is_scan(struct picture_finder *f, const uint8_t *p, uint64_t offset) {
    bool other = memcmp(f->behind, p + 1, sizeof f->behind) != 0;
    memcpy(f->behind, p + 1, sizeof f->behind);
    f->stuffed += other;
    return other && f->stuffed >= SCAN_STUFFED && !f->unstuffed && offset / SCAN_SPARSE >= f->stuffed &&
           is_scan_data(p);
}

/* Each FF of a JPEG begins a marker, or is stuffed in a scan. */
static bool is_jpeg(struct picture_finder *f, const uint8_t *p, uint64_t offset) {
    uint8_t code = p[1];
    if (code == 0 || (code >= RST0 && code <= RST7))
        return is_scan(f, p, offset);
    f->unstuffed |= code != EOI && score_segment(p) == 0;
    return code == SOI ? p[2] == 0xff && is_application(p + 2)
                       : is_application(p) || follow_chain(f, p, offset);
}

/* --- Other formats: what stands at their beginning is long enough --- */

static uint32_t read_u32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t read_u32le(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* ISO/IEC 15948, 11.2.2. */
static bool is_png(const uint8_t *p) {
    return memcmp(p, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", 16) == 0 && read_u32(p + 16) && read_u32(p + 20);
}

static bool is_gif(const uint8_t *p) {
    return (memcmp(p, "GIF87a", 6) == 0 || memcmp(p, "GIF89a", 6) == 0) && (p[6] || p[7]) && (p[8] || p[9]) &&
           p[10] & 0x80 && p[12] == 0; /* a colour table; its pixels are square */
}

/* TIFF 6.0, section 2, where the first directory stands right behind the header: its first entry. */
static bool is_tiff(const uint8_t *p) {
    bool little = memcmp(p, "II*\0\x08\0\0\0", 8) == 0;
    if (!little && memcmp(p, "MM\0*\0\0\0\x08", 8) != 0)
        return false;
    unsigned entries = p[8 + !little] | (unsigned)p[8 + little] << 8;
    unsigned tag = p[10 + !little] | (unsigned)p[10 + little] << 8, type = p[12 + !little],
             rest = p[12 + little];
    return entries >= 4 && entries <= 255 && tag >= 254 && tag <= 262 && type >= 1 && type <= 5 && rest == 0;
}

static bool is_webp(const uint8_t *p) {
    return memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBPVP8", 7) == 0;
}

/* The file's size, the reserved fields, where the pixels begin, the sizes of the headers, one plane. */
static bool is_bmp(const uint8_t *p) {
    uint32_t size = read_u32le(p + 2), pixels = read_u32le(p + 10), header = read_u32le(p + 14);
    return p[1] == 'M' && read_u32le(p + 6) == 0 && size > pixels && pixels >= 14 + header && pixels < 4096 &&
           (header == 40 || header == 108 || header == 124) && p[26] == 1 && p[27] == 0 && p[28] <= 32 &&
           p[29] == 0;
}

static bool is_jp2(const uint8_t *p) {
    return memcmp(p, "\0\0\0\x0cjP  \r\n\x87\n\0\0\0", 15) == 0;
}

static bool is_jxl(const uint8_t *p) {
    return memcmp(p, "\0\0\0\x0cJXL \r\n\x87\n", 12) == 0;
}

static bool is_heif(const uint8_t *p) {
    static const char brands[] = "heicheixmif1msf1avifavis";
    for (const char *b = brands; *b; b += 4)
        if (memcmp(p + 8, b, 4) == 0)
            return memcmp(p + 4, "ftyp", 4) == 0 && p[0] == 0 && p[1] == 0 && read_u32(p) % 4 == 0;
    return false;
}

/* --- The search --- */

/* Each format has a byte by which it is looked for: FF alone stands in places that say nothing. */
static const struct beginning {
    uint8_t byte, at; /* at which offset of the picture */
    bool (*is)(const uint8_t *p);
    const char *mime;
} beginnings[] = {
    {0x89, 0, is_png, "image/png"},  {'G', 0, is_gif, "image/gif"},   {'*', 2, is_tiff, "image/tiff"},
    {'*', 3, is_tiff, "image/tiff"}, {'W', 8, is_webp, "image/webp"}, {'M', 1, is_bmp, "image/bmp"},
    {0x87, 10, is_jp2, "image/jp2"}, {'y', 6, is_heif, "image/heic"}, {0x87, 10, is_jxl, "image/jxl"},
};

/* A stretch in which beginnings are looked for: there are PICTURE_LOOK bytes from each on. */
struct stretch {
    const uint8_t *p;
    size_t starts;
    uint64_t offset; /* of the first */
};

static size_t find_jpeg(struct picture_finder *f, const struct stretch *s) {
    for (size_t i = 0; i < s->starts; i++) {
        const uint8_t *ff = memchr(s->p + i, 0xff, s->starts - i);
        if (!ff)
            return s->starts;
        i = (size_t)(ff - s->p);
        if (is_jpeg(f, ff, s->offset + i))
            return i;
    }
    return s->starts;
}

static size_t find_beginning(const struct stretch *s, const struct beginning *b, size_t most) {
    for (size_t i = 0; i < most; i++) {
        const uint8_t *at = memchr(s->p + i + b->at, b->byte, most - i);
        if (!at)
            return most;
        i = (size_t)(at - b->at - s->p);
        if (b->is(s->p + i))
            return i;
    }
    return most;
}

/* The first one's place among the starts, or their number. */
static size_t search_stretch(struct picture_finder *f, const struct stretch *s, bool any,
                             struct picture *out) {
    size_t first = find_jpeg(f, s);
    const char *mime = "image/jpeg";
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings && any; i++) {
        size_t at = find_beginning(s, &beginnings[i], first);
        if (at < first)
            mime = beginnings[i].mime;
        first = at;
    }
    if (first < s->starts) {
        out->type = picture_type(bytes_text(mime));
        out->offset = s->offset + first;
    }
    return first;
}

static void keep_last(struct picture_finder *f, struct bytes in) {
    size_t keep = sizeof f->last;
    if (in.n < keep) {
        size_t old = f->held + in.n > keep ? keep - in.n : f->held;
        memmove(f->last, f->last + f->held - old, old);
        memcpy(f->last + old, in.p, in.n);
        f->held = (uint8_t)(old + in.n);
        return;
    }
    memcpy(f->last, in.p + in.n - keep, keep);
    f->held = (uint8_t)keep;
}

/* Beginnings among the bytes that came before, of which not enough had come. */
static struct picture search_seam(struct picture_finder *f, struct bytes in, bool any) {
    uint8_t seam[2 * (PICTURE_LOOK - 1)];
    struct picture found = {0};
    size_t more = in.n < PICTURE_LOOK - 1 ? in.n : PICTURE_LOOK - 1, n = f->held + more;
    struct stretch s = {.p = seam, .offset = f->at - f->held};
    if (n < PICTURE_LOOK)
        return found;
    s.starts = n - PICTURE_LOOK + 1 < f->held ? n - PICTURE_LOOK + 1 : f->held;
    memcpy(seam, f->last, f->held);
    memcpy(seam + f->held, in.p, more);
    size_t at = search_stretch(f, &s, any, &found);
    if (found.type)
        found.before = bytes_of(f->last + at, f->held - at);
    return found;
}

struct picture picture_find(struct picture_finder *f, struct bytes in, bool any) {
    uint64_t left = picture_finder_works(f) ? PICTURE_REACH - f->at : 0;
    if (in.n > left)
        in.n = (size_t)left;
    struct picture found = search_seam(f, in, any);
    if (found.type)
        return found;
    if (in.n >= PICTURE_LOOK) {
        struct stretch s = {.p = in.p, .starts = in.n - PICTURE_LOOK + 1, .offset = f->at};
        search_stretch(f, &s, any, &found);
    }
    keep_last(f, in);
    f->at += in.n;
    return found;
}

void picture_skip(struct picture_finder *f, uint64_t n) {
    f->at = add_sizes(f->at, n);
    f->held = 0;
}

/* --- Masks --- */

static bool is_jpeg_start(const uint8_t *p) {
    return p[0] == 0xff && p[1] == SOI && p[2] == 0xff &&
           (is_application(p + 2) || score_segment(p + 2) == 2);
}

const struct file_type *picture_masked(struct bytes first, uint8_t *mask) {
    static const struct beginning starts[] = {
        {0xff, 0, is_jpeg_start, "image/jpeg"}, {0x89, 0, is_png, "image/png"},
        {'G', 0, is_gif, "image/gif"},          {'I', 0, is_tiff, "image/tiff"},
        {'M', 0, is_tiff, "image/tiff"},        {'R', 0, is_webp, "image/webp"},
        {'B', 0, is_bmp, "image/bmp"},          {0, 0, is_jp2, "image/jp2"},
    };
    uint8_t start[PICTURE_LOOK];
    for (size_t i = 0; i < sizeof starts / sizeof *starts && first.n >= PICTURE_LOOK; i++) {
        *mask = first.p[0] ^ starts[i].byte;
        for (size_t k = 0; k < PICTURE_LOOK; k++)
            start[k] = first.p[k] ^ *mask;
        if (*mask && starts[i].is(start))
            return picture_type(bytes_text(starts[i].mime));
    }
    return NULL;
}

/* --- Names --- */

const struct file_type *picture_named(struct bytes name) {
    static const struct {
        const char *end, *mime;
    } table[] = {
        {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"}, {".jpe", "image/jpeg"},
        {".jfif", "image/jpeg"}, {".png", "image/png"},   {".tif", "image/tiff"},
        {".tiff", "image/tiff"}, {".gif", "image/gif"},   {".bmp", "image/bmp"},
        {".webp", "image/webp"}, {".jp2", "image/jp2"},   {".j2k", "image/x-jp2-codestream"},
        {".heic", "image/heic"}, {".heif", "image/heif"}, {".avif", "image/avif"},
        {".jxl", "image/jxl"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t n = strlen(table[i].end);
        if (name.n > n && bytes_starts_nocase(bytes_of(name.p + name.n - n, n), table[i].end))
            return picture_type(bytes_text(table[i].mime));
    }
    return NULL;
}

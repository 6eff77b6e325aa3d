/* SPDX-License-Identifier: Apache-2.0 */
#include "content/chain.h"
#include "content/type/picture.h"
#include "content/type/shape.h"

#include "base/tar.h"

/* What a file is, by its first bytes. Names are those of libmagic 5.44 where it has one; the unit test holds
 * the list of agreed differences. */

struct signature {
    struct file_type type;
    uint16_t at;
    uint8_t n;
    const char *magic;
    bool (*also)(struct bytes first); /* further condition, NULL for none */
    bool walked; /* no image, but its structure leads to the pictures in it (inspect/images) */
};

static bool has_at(struct bytes b, size_t at, const char *magic, size_t n) {
    return b.n >= at + n && memcmp(b.p + at, magic, n) == 0;
}

static bool holds_text(struct bytes b, const char *what) {
    return b.n > 0 && memmem(b.p, b.n, what, strlen(what)) != NULL;
}

#define HAS(b, at, magic) has_at(b, at, magic, sizeof magic - 1)

/* --- Further conditions --- */

/* Sizes of the headers that follow "BM" (OS/2, Windows 3 to 5). */
static bool bmp_header(struct bytes b) {
    static const uint8_t sizes[] = {12, 40, 52, 56, 64, 108, 124};
    for (size_t i = 0; i < sizeof sizes; i++)
        if (b.n >= 18 && b.p[14] == sizes[i] && b.p[15] == 0 && b.p[16] == 0 && b.p[17] == 0)
            return true;
    return false;
}

/* RFC 1952 section 2.3: deflate, none of the reserved flags; without fields behind the header a block follows
 * whose kind is one of three (RFC 1951 section 3.2.3). */
static bool gzip_header(struct bytes b) {
    enum { DEFLATE = 8, RESERVED = 0xe0, HEADER = 10, RESERVED_BLOCK = 3 };
    if ((b.n > 2 && b.p[2] != DEFLATE) || (b.n > 3 && (b.p[3] & RESERVED)))
        return false;
    return b.n <= HEADER || b.p[3] || (b.p[HEADER] >> 1 & 3) != RESERVED_BLOCK;
}

/* Netpbm: blanks and remarks, width and height, and but for bitmaps the greatest value, all as decimal
 * digits. */
static bool netpbm_header(struct bytes b) {
    unsigned numbers = b.p[1] == '1' || b.p[1] == '4' ? 2 : 3;
    size_t at = 2;
    while (numbers > 0) {
        size_t blank = at, digits;
        bool remark = false;
        for (;
             at < b.n && (remark || b.p[at] == ' ' || (b.p[at] >= '\t' && b.p[at] <= '\r') || b.p[at] == '#');
             at++)
            remark = b.p[at] != '\n' && (remark || b.p[at] == '#');
        for (digits = at; at < b.n && b.p[at] >= '0' && b.p[at] <= '9'; at++)
            ;
        if (digits == blank || at == digits || at - digits > 6)
            return false;
        numbers--;
    }
    return at < b.n && (b.p[at] == ' ' || (b.p[at] >= '\t' && b.p[at] <= '\r'));
}

/* Directory of icons: how many, and the first one's planes (0 or 1), depth, size and place. */
static bool icon_directory(struct bytes b) {
    struct reader r = reader_of(b.p, b.n);
    uint16_t count, planes, depth;
    uint32_t size, place;
    return reader_skip(&r, 4) && reader_u16le(&r, &count) && count >= 1 && count <= 64 &&
           reader_skip(&r, 3) && HAS(b, 9, "\0") && reader_skip(&r, 1) && reader_u16le(&r, &planes) &&
           planes <= 1 && reader_u16le(&r, &depth) && depth <= 32 && reader_u32le(&r, &size) && size >= 40 &&
           reader_u32le(&r, &place) && place >= 6u + 16u * count && place < 1 << 16;
}

static bool canon_raw(struct bytes b) {
    return HAS(b, 8, "CR\x02");
}

static bool is_webp(struct bytes b) {
    return HAS(b, 8, "WEBP");
}

static bool is_avi(struct bytes b) {
    return HAS(b, 8, "AVI ");
}

/* As its stream's header says: in other films a picture is searched for. */
static bool is_jpeg_avi(struct bytes b) {
    return is_avi(b) && holds_text(b, "vidsMJPG");
}

static bool is_wave(struct bytes b) {
    return HAS(b, 8, "WAVE");
}

/* The major brand of an ISO base media file (ISO/IEC 14496-12), or for the generic HEIF brand a compatible
 * one. */
static bool has_brand(struct bytes b, const char *const *brands) {
    for (; *brands; brands++)
        if (has_at(b, 8, *brands, strlen(*brands)))
            return true;
    return false;
}

static bool avif_brand(struct bytes b) {
    static const char *const brands[] = {"avif", "avis", NULL};
    return has_brand(b, brands);
}

static bool heic_brand(struct bytes b) {
    static const char *const brands[] = {"heic", "heix", "hevc", "hevx", "heim", "heis", NULL};
    return has_brand(b, brands);
}

static bool heif_brand(struct bytes b) {
    static const char *const brands[] = {"mif1", "msf1", NULL};
    return has_brand(b, brands);
}

static bool canon_brand(struct bytes b) {
    static const char *const brands[] = {"crx ", NULL};
    return has_brand(b, brands);
}

static bool quicktime_brand(struct bytes b) {
    static const char *const brands[] = {"qt  ", NULL};
    return has_brand(b, brands);
}

static bool threegpp_brand(struct bytes b) {
    static const char *const brands[] = {"3gp", "3gr", "3gs", NULL};
    return has_brand(b, brands);
}

static bool audio_brand(struct bytes b) {
    static const char *const brands[] = {"M4A ", "M4B ", NULL};
    return has_brand(b, brands);
}

static bool webm_doctype(struct bytes b) {
    return holds_text(bytes_of(b.p, b.n < 64 ? b.n : 64), "webm");
}

/* Packets of 188 bytes, each with its sync byte (ISO/IEC 13818-1). */
static bool transport_stream(struct bytes b) {
    return b.n > 376 && b.p[188] == 0x47 && b.p[376] == 0x47;
}

static bool face_version(struct bytes b) {
    return b.n >= 8 && b.p[4] == '0' && b.p[6] == '0' && b.p[7] == 0;
}

/* The names of the first members tell what kind of package a ZIP archive is. */
static bool zip_member(struct bytes b, const char *folder) {
    return has_at(b, 30, folder, strlen(folder)) ||
           (HAS(b, 30, "[Content_Types].xml") && holds_text(b, folder)) ||
           (HAS(b, 30, "_rels/.rels") && holds_text(b, folder));
}

static bool zip_word(struct bytes b) {
    return zip_member(b, "word/");
}

static bool zip_excel(struct bytes b) {
    return zip_member(b, "xl/");
}

static bool zip_powerpoint(struct bytes b) {
    return zip_member(b, "ppt/");
}

static bool zip_ooxml(struct bytes b) {
    return HAS(b, 30, "[Content_Types].xml") || HAS(b, 30, "_rels/.rels") || HAS(b, 30, "docProps/");
}

static bool zip_opendocument_text(struct bytes b) {
    return HAS(b, 30, "mimetypeapplication/vnd.oasis.opendocument.text");
}

static bool zip_opendocument_sheet(struct bytes b) {
    return HAS(b, 30, "mimetypeapplication/vnd.oasis.opendocument.spreadsheet");
}

static bool zip_opendocument_slides(struct bytes b) {
    return HAS(b, 30, "mimetypeapplication/vnd.oasis.opendocument.presentation");
}

static bool zip_book(struct bytes b) {
    return HAS(b, 30, "mimetypeapplication/epub+zip");
}

static bool zip_map(struct bytes b) {
    return HAS(b, 30, "doc.kml");
}

static bool zip_android(struct bytes b) {
    return HAS(b, 30, "AndroidManifest.xml");
}

static bool zip_java(struct bytes b) {
    return HAS(b, 30, "META-INF/");
}

/* e_type in the file's own byte order (System V ABI). */
static bool elf_type(struct bytes b, uint8_t type) {
    return b.n >= 18 && b.p[b.p[5] == 2 ? 17 : 16] == type;
}

static bool elf_object(struct bytes b) {
    return elf_type(b, 1);
}

static bool elf_program(struct bytes b) {
    return elf_type(b, 2);
}

static bool elf_shared(struct bytes b) {
    return elf_type(b, 3);
}

static bool elf_core(struct bytes b) {
    return elf_type(b, 4);
}

/* What begins as this may be the first word of a text, unless a control sign is near. */
static bool holds_control(struct bytes b) {
    enum { NEAR = 64 };
    for (size_t i = 0; i < b.n && i < NEAR; i++)
        if (is_control(b.p[i]))
            return true;
    return false;
}

/* "PE" stands where the DOS header says, behind a stub that fits into the first bytes. */
static bool windows_program(struct bytes b) {
    struct reader r = reader_of(b.p, b.n);
    uint32_t at;
    return reader_skip(&r, 60) && reader_u32le(&r, &at) && at < b.n && HAS(b, at, "PE\0\0");
}

static bool bzip2_level(struct bytes b) {
    return b.n >= 10 && b.p[3] >= '1' && b.p[3] <= '9' &&
           (HAS(b, 4, "\x31\x41\x59\x26\x53\x59") || HAS(b, 4, "\x17\x72\x45\x38\x50\x90"));
}

/* A method of LHarc or LArc between dashes, and a level of headers that there is. */
static bool lha_header(struct bytes b) {
    return b.n > 21 && (b.p[4] == 'h' || b.p[4] == 'z') && b.p[6] == '-' && b.p[20] <= 3 &&
           ((b.p[5] >= '0' && b.p[5] <= '9') || b.p[5] == 'd' || b.p[5] == 's');
}

/* A tar header whose sum is right, whatever its member's name begins like; without any magic its other
 * numbers must be some, and its name one. */
static bool tar_header(struct bytes b) {
    return b.n >= TAR_BLOCK && tar_is_header(b.p);
}

static bool old_tar_header(struct bytes b) {
    enum { MODE = 100, SIZE = 124, TIME = 136, NUMBERS = 156 };
    uint64_t n;
    if (b.n < TAR_BLOCK || b.p[0] <= ' ' ||
        (b.p[TAR_TYPE] != 0 && (b.p[TAR_TYPE] < '0' || b.p[TAR_TYPE] > '7')))
        return false;
    for (size_t i = MODE; i < NUMBERS; i++)
        if ((i < SIZE || i >= TIME) && b.p[i] != 0 && b.p[i] != ' ' && (b.p[i] < '0' || b.p[i] > '7'))
            return false;
    return tar_size(b.p, &n) && tar_is_header(b.p);
}

/* The binary form of cpio: what kind of file it is, and a name behind the header that is as long as it says.
 */
static bool cpio_binary(struct bytes b, unsigned low) {
    enum { MODE = 6, NAME_N = 20, HEADER = 26 };
    if (b.n <= HEADER)
        return false;
    unsigned kind = b.p[MODE + 1 - low] >> 4, n = b.p[NAME_N + low] | (unsigned)b.p[NAME_N + 1 - low] << 8;
    bool known = kind == 8 || kind == 4 || kind == 10 || kind == 2 || kind == 6 || kind == 1 || kind == 12;
    return known && n > 1 && n < 1024 && b.p[HEADER] >= ' ' &&
           (b.n < HEADER + n || (b.p[HEADER + n - 1] == 0 && memchr(b.p + HEADER, 0, n - 1) == NULL));
}

static bool cpio_little(struct bytes b) {
    return cpio_binary(b, 0);
}

static bool cpio_big(struct bytes b) {
    return cpio_binary(b, 1);
}

/* What .lzma files begin with: five small numbers in one byte, of which all programs write the same, a size
 * of the dictionary that is 2^n or 2^n + 2^(n-1), and that of the content, which may be unknown; the coder's
 * first byte is 0. */
static bool lzma_header(struct bytes b) {
    enum { CODER = 13, SIZE_TOP = 5 }; /* octets of the content's size that may be set */
    struct reader r = reader_of(b.p, b.n);
    uint32_t dictionary;
    if (b.n <= CODER || b.p[CODER] != 0 || !reader_skip(&r, 1) || !reader_u32le(&r, &dictionary))
        return false;
    uint32_t lowest = dictionary & -dictionary, rest = dictionary & (dictionary - 1);
    bool known = HAS(b, SIZE_TOP + 5, "\0\0\0"), unknown = HAS(b, 5, "\xff\xff\xff\xff\xff\xff\xff\xff");
    return dictionary >= 1 << 12 && (rest == 0 || rest == lowest << 1) && (known || unknown);
}

/* A version, and a dictionary of 2^12 to 2^29 octets, less some sixteenths. */
static bool lzip_header(struct bytes b) {
    return b.n > 5 && b.p[4] <= 1 && (b.p[5] & 31) >= 12 && (b.p[5] & 31) <= 29;
}

/* Frames that are to be skipped stand before a frame of data. */
static bool skips_to(struct bytes b, const char *magic) {
    enum { HEAD = 8 };
    while (b.n >= HEAD && (b.p[0] & 0xf0) == 0x50 && HAS(b, 1, "\x2A\x4D\x18")) {
        size_t n = b.p[4] | (size_t)b.p[5] << 8 | (size_t)b.p[6] << 16 | (size_t)b.p[7] << 24;
        if (n > b.n - HEAD)
            return false;
        b = bytes_of(b.p + HEAD + n, b.n - HEAD - n);
    }
    return has_at(b, 0, magic, 4);
}

static bool skips_to_zstd(struct bytes b) {
    return skips_to(b, "\x28\xB5\x2F\xFD");
}

static bool skips_to_lz4(struct bytes b) {
    return skips_to(b, "\x04\x22\x4D\x18");
}

/* SQL Server: the head of a file's first page, which is page 0 of its file. */
static bool mdf_page(struct bytes b) {
    return b.n >= 40 && HAS(b, 32, "\0\0\0\0") && b.p[36] >= 1 && b.p[37] == 0;
}

/* Microsoft Tape Format: the first descriptor's kind is followed by flags of which few are used, and its own
 * size. */
static bool mtf_descriptor(struct bytes b) {
    return b.n >= 52 && b.p[7] == 0 && b.p[10] < 32 && b.p[11] == 0;
}

/* dBase: a level, a date, sizes that fit each other, and the first column's name and type. */
static bool dbf_header(struct bytes b) {
    static const uint8_t levels[] = {0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43,
                                     0x83, 0x8b, 0x8e, 0xcb, 0xf5, 0xfb};
    struct reader r = reader_of(b.p, b.n);
    uint16_t header, record;
    size_t n = 0;
    if (b.n < 65 || !memchr(levels, b.p[0], sizeof levels) || b.p[2] < 1 || b.p[2] > 12 || b.p[3] < 1 ||
        b.p[3] > 31 || !reader_skip(&r, 8) || !reader_u16le(&r, &header) || !reader_u16le(&r, &record))
        return false;
    while (n < 11 && (b.p[32 + n] == '_' || (b.p[32 + n] >= '0' && b.p[32 + n] <= '9') ||
                      ((b.p[32 + n] | 32) >= 'a' && (b.p[32 + n] | 32) <= 'z')))
        n++;
    return header >= 65 && n > 0 && (n == 11 || b.p[32 + n] == 0) && strchr("CNDLFMIBTGOYVQPW@+0", b.p[43]) &&
           b.p[43] && b.p[48] > 0 && record > b.p[48];
}

static bool is_text(struct bytes b) {
    return text_shape(b);
}

static struct bytes behind_blank(struct bytes b) {
    if (HAS(b, 0, "\xEF\xBB\xBF"))
        b = bytes_of(b.p + 3, b.n - 3);
    while (b.n && (b.p[0] == ' ' || (b.p[0] >= '\t' && b.p[0] <= '\r')))
        b = bytes_of(b.p + 1, b.n - 1);
    return b;
}

static bool is_html(struct bytes b) {
    static const char *const starts[] = {"<!doctype html", "<html", "<head>", "<head ", "<body", "<title"};
    b = behind_blank(b);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (bytes_starts_nocase(b, starts[i]))
            return text_shape(b);
    return false;
}

static bool is_xml(struct bytes b) {
    return bytes_starts_nocase(behind_blank(b), "<?xml ");
}

static bool is_svg(struct bytes b) {
    struct bytes start = behind_blank(b);
    return HAS(start, 0, "<svg") || (is_xml(b) && holds_text(b, "<svg"));
}

static bool is_json(struct bytes b) {
    return json_shape(b) && text_shape(b);
}

/* --- The table: the first that fits --- */

#define MAGIC(bytes) .n = sizeof(bytes) - 1, .magic = (bytes)

static const struct signature table[] = {
    {{"application/x-tar", "tar archive", KIND_ARCHIVE}, .at = 257, MAGIC("ustar"), .also = tar_header},
    {{"image/jpeg", "JPEG image", KIND_IMAGE}, MAGIC("\xFF\xD8\xFF")},
    {{"image/png", "PNG image", KIND_IMAGE}, MAGIC("\x89PNG\r\n\x1A\n")},
    {{"image/gif", "GIF image", KIND_IMAGE}, MAGIC("GIF8")},
    {{"image/bmp", "BMP image", KIND_IMAGE}, MAGIC("BM"), .also = bmp_header},
    {{"image/x-canon-cr2", "Canon raw image", KIND_IMAGE}, MAGIC("II*\0"), .also = canon_raw},
    {{"image/tiff", "TIFF image", KIND_IMAGE}, MAGIC("II*\0")},
    {{"image/tiff", "TIFF image", KIND_IMAGE}, MAGIC("MM\0*")},
    {{"image/tiff", "BigTIFF image", KIND_IMAGE}, MAGIC("II+\0")},
    {{"image/tiff", "BigTIFF image", KIND_IMAGE}, MAGIC("MM\0+")},
    {{"image/webp", "WebP image", KIND_IMAGE}, MAGIC("RIFF"), .also = is_webp},
    {{"image/avif", "AVIF image", KIND_IMAGE}, .at = 4, MAGIC("ftyp"), .also = avif_brand},
    {{"image/heic", "HEIC image", KIND_IMAGE}, .at = 4, MAGIC("ftyp"), .also = heic_brand},
    {{"image/heif", "HEIF image", KIND_IMAGE}, .at = 4, MAGIC("ftyp"), .also = heif_brand},
    {{"image/x-canon-cr3", "Canon raw image", KIND_IMAGE}, .at = 4, MAGIC("ftyp"), .also = canon_brand},
    {{"image/jp2", "JPEG 2000 image", KIND_IMAGE}, MAGIC("\0\0\0\x0CjP  \r\n\x87\n")},
    {{"image/x-jp2-codestream", "JPEG 2000 codestream", KIND_IMAGE}, MAGIC("\xFF\x4F\xFF\x51\0")},
    {{"image/jxl", "JPEG XL image", KIND_IMAGE}, MAGIC("\0\0\0\x0CJXL \r\n\x87\n")},
    {{"image/jxl", "JPEG XL codestream", KIND_BINARY}, MAGIC("\xFF\x0A")}, /* too few bytes for a picture */
    {{"image/x-fuji-raf", "Fujifilm raw image", KIND_IMAGE}, MAGIC("FUJIFILMCCD-RAW ")},
    {{"image/x-olympus-orf", "Olympus raw image", KIND_IMAGE}, MAGIC("IIRO")},
    {{"image/x-panasonic-rw2", "Panasonic raw image", KIND_IMAGE}, MAGIC("IIU\0")},
    {{"image/nitf", "NITF image", KIND_IMAGE}, MAGIC("NITF02.10")},
    {{"image/nitf", "NSIF image", KIND_IMAGE}, MAGIC("NSIF01.00")},
    {{"application/dicom", "DICOM image", KIND_IMAGE}, .at = 128, MAGIC("DICM")},
    {{"image/vnd.adobe.photoshop", "Photoshop image", KIND_IMAGE}, MAGIC("8BPS"), .also = holds_control},
    {{"image/vnd.microsoft.icon", "Windows icon", KIND_IMAGE}, MAGIC("\0\0\x01\0"), .also = icon_directory},
    {{"image/x-portable-bitmap", "Netpbm bitmap", KIND_IMAGE}, MAGIC("P4"), .also = netpbm_header},
    {{"image/x-portable-bitmap", "Netpbm bitmap", KIND_IMAGE}, MAGIC("P1"), .also = netpbm_header},
    {{"image/x-portable-greymap", "Netpbm greymap", KIND_IMAGE}, MAGIC("P5"), .also = netpbm_header},
    {{"image/x-portable-greymap", "Netpbm greymap", KIND_IMAGE}, MAGIC("P2"), .also = netpbm_header},
    {{"image/x-portable-pixmap", "Netpbm pixmap", KIND_IMAGE}, MAGIC("P6"), .also = netpbm_header},
    {{"image/x-portable-pixmap", "Netpbm pixmap", KIND_IMAGE}, MAGIC("P3"), .also = netpbm_header},

    {{"application/x-iso19794-5", "ISO/IEC 19794-5 face record", KIND_RECORD},
     MAGIC("FAC\0"),
     .walked = true,
     .also = face_version},
    {{"application/x-ansi-nist", "ANSI/NIST-ITL record", KIND_RECORD}, MAGIC("1.001:"), .walked = true},
    {{"application/x-ansi-nist", "ANSI/NIST-ITL record", KIND_RECORD}, MAGIC("1.01:"), .walked = true},
    {{"application/vnd.sqlite3", "SQLite database", KIND_RECORD}, MAGIC("SQLite format 3\0")},
    {{"application/vnd.ms-outlook-pst", "Outlook's mailbox (PST)", KIND_RECORD}, MAGIC("!BDN")},
    {{"application/x-mssql-mdf", "SQL Server database", KIND_RECORD},
     MAGIC("\x01\x0F\0\0"),
     .also = mdf_page},
    {{"application/x-mssql-bak", "backup in Microsoft's tape format", KIND_ARCHIVE},
     MAGIC("TAPE"),
     .also = mtf_descriptor},
    {{"application/x-ms-wim", "Windows image (WIM)", KIND_ARCHIVE}, MAGIC("MSWIM\0\0\0")},
    {{"application/x-dbf", "dBase table", KIND_RECORD}, .also = dbf_header},
    {{"application/vnd.apache.parquet", "Parquet table", KIND_RECORD}, MAGIC("PAR1"), .also = holds_control},
    {{"application/x-avro", "Avro table", KIND_RECORD}, MAGIC("Obj\x01")},
    {{"application/x-hdf5", "HDF5 data", KIND_RECORD}, MAGIC("\x89HDF\r\n\x1A\n")},

    {{"video/quicktime", "QuickTime video", KIND_MEDIA}, .at = 4, MAGIC("ftyp"), .also = quicktime_brand},
    {{"video/3gpp", "3GPP video", KIND_MEDIA}, .at = 4, MAGIC("ftyp"), .also = threegpp_brand},
    {{"audio/x-m4a", "MPEG-4 audio", KIND_MEDIA}, .at = 4, MAGIC("ftyp"), .also = audio_brand},
    {{"video/mp4", "MPEG-4 video", KIND_MEDIA}, .at = 4, MAGIC("ftyp")},
    {{"video/quicktime", "QuickTime video", KIND_MEDIA}, .at = 4, MAGIC("moov")},
    {{"video/x-msvideo", "AVI video of JPEGs", KIND_MEDIA},
     MAGIC("RIFF"),
     .also = is_jpeg_avi,
     .walked = true},
    {{"video/x-msvideo", "AVI video", KIND_MEDIA}, MAGIC("RIFF"), .also = is_avi},
    {{"audio/x-wav", "WAVE audio", KIND_MEDIA}, MAGIC("RIFF"), .also = is_wave},
    {{"video/webm", "WebM video", KIND_MEDIA}, MAGIC("\x1A\x45\xDF\xA3"), .also = webm_doctype},
    {{"video/x-matroska", "Matroska video", KIND_MEDIA}, MAGIC("\x1A\x45\xDF\xA3")},
    {{"video/MP2T", "MPEG transport stream", KIND_MEDIA}, MAGIC("\x47"), .also = transport_stream},
    {{"video/mpeg", "MPEG program stream", KIND_MEDIA}, MAGIC("\0\0\x01\xBA")},
    {{"video/mpeg", "MPEG video", KIND_MEDIA}, MAGIC("\0\0\x01\xB3")},
    {{"video/x-flv", "Flash video", KIND_MEDIA}, MAGIC("FLV\x01")},
    {{"video/x-ms-asf", "Windows Media", KIND_MEDIA}, MAGIC("\x30\x26\xB2\x75\x8E\x66\xCF\x11")},
    {{"audio/mpeg", "MP3 audio", KIND_MEDIA}, MAGIC("ID3"), .also = holds_control},
    {{"application/ogg", "Ogg media", KIND_MEDIA}, MAGIC("OggS\0")},
    {{"audio/flac", "FLAC audio", KIND_MEDIA}, MAGIC("fLaC")},

    {{"application/pdf", "PDF document", KIND_DOCUMENT}, MAGIC("%PDF-")},
    {{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word document",
      KIND_DOCUMENT},
     MAGIC("PK\x03\x04"),
     .also = zip_word},
    {{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel workbook", KIND_DOCUMENT},
     MAGIC("PK\x03\x04"),
     .also = zip_excel},
    {{"application/vnd.openxmlformats-officedocument.presentationml.presentation", "PowerPoint presentation",
      KIND_DOCUMENT},
     MAGIC("PK\x03\x04"),
     .also = zip_powerpoint},
    {{"application/vnd.openxmlformats-officedocument", "Office document", KIND_DOCUMENT},
     MAGIC("PK\x03\x04"),
     .also = zip_ooxml},
    {{"application/vnd.oasis.opendocument.text", "OpenDocument text", KIND_DOCUMENT},
     MAGIC("PK\x03\x04"),
     .also = zip_opendocument_text},
    {{"application/vnd.oasis.opendocument.spreadsheet", "OpenDocument sheet", KIND_DOCUMENT},
     MAGIC("PK\x03\x04"),
     .also = zip_opendocument_sheet},
    {{"application/vnd.oasis.opendocument.presentation", "OpenDocument presentation", KIND_DOCUMENT},
     MAGIC("PK\x03\x04"),
     .also = zip_opendocument_slides},
    {{"application/epub+zip", "EPUB book", KIND_DOCUMENT}, MAGIC("PK\x03\x04"), .also = zip_book},
    {{"application/vnd.google-earth.kmz", "map (KMZ)", KIND_ARCHIVE}, MAGIC("PK\x03\x04"), .also = zip_map},
    {{"application/vnd.android.package-archive", "Android package", KIND_ARCHIVE},
     MAGIC("PK\x03\x04"),
     .also = zip_android},
    {{"application/x-ole-storage", "Office document (OLE 2)", KIND_DOCUMENT},
     MAGIC("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")},
    {{"application/vnd.ms-tnef", "Outlook's attachments (TNEF)", KIND_ARCHIVE}, MAGIC("\x78\x9F\x3E\x22")},
    {{"text/rtf", "RTF document", KIND_DOCUMENT}, MAGIC("{\\rtf")},
    {{"application/postscript", "PostScript document", KIND_DOCUMENT}, MAGIC("%!PS")},

    {{"application/java-archive", "Java archive", KIND_ARCHIVE}, MAGIC("PK\x03\x04"), .also = zip_java},
    {{"application/zip", "ZIP archive", KIND_ARCHIVE}, MAGIC("PK\x03\x04")},
    {{"application/zip", "empty ZIP archive", KIND_ARCHIVE}, MAGIC("PK\x05\x06")},
    {{"application/zip", "split ZIP archive", KIND_ARCHIVE}, MAGIC("PK\x07\x08PK\x03\x04")},
    {{"application/gzip", "gzip data", KIND_ARCHIVE}, MAGIC("\x1F\x8B"), .also = gzip_header},
    {{"application/x-bzip2", "bzip2 data", KIND_ARCHIVE}, MAGIC("BZh"), .also = bzip2_level},
    {{"application/x-xz", "xz data", KIND_ARCHIVE}, MAGIC("\xFD\x37zXZ\0")},
    {{"application/zstd", "Zstandard data", KIND_ARCHIVE}, MAGIC("\x28\xB5\x2F\xFD")},
    {{"application/x-lz4", "LZ4 data", KIND_ARCHIVE}, MAGIC("\x04\x22\x4D\x18")},
    {{"application/zstd", "Zstandard data", KIND_ARCHIVE},
     .at = 1,
     MAGIC("\x2A\x4D\x18"),
     .also = skips_to_zstd},
    {{"application/x-lz4", "LZ4 data", KIND_ARCHIVE}, .at = 1, MAGIC("\x2A\x4D\x18"), .also = skips_to_lz4},
    {{"application/x-lzip", "lzip data", KIND_ARCHIVE}, MAGIC("LZIP"), .also = lzip_header},
    {{"application/x-lzma", "LZMA data", KIND_ARCHIVE}, MAGIC("\x5D\0\0"), .also = lzma_header},
    {{"application/x-7z-compressed", "7-Zip archive", KIND_ARCHIVE}, MAGIC("7z\xBC\xAF\x27\x1C")},
    {{"application/x-rar", "RAR archive", KIND_ARCHIVE}, MAGIC("Rar!\x1A\x07")},
    {{"application/x-lha", "LHA archive", KIND_ARCHIVE}, .at = 2, MAGIC("-l"), .also = lha_header},
    {{"application/x-xar", "XAR archive", KIND_ARCHIVE}, MAGIC("xar!\0")},
    {{"application/x-tar", "tar archive", KIND_ARCHIVE}, .at = 257, MAGIC("ustar")},
    {{"application/x-cpio", "cpio archive", KIND_ARCHIVE}, MAGIC("070701")},
    {{"application/x-cpio", "cpio archive", KIND_ARCHIVE}, MAGIC("070702")},
    {{"application/x-cpio", "cpio archive", KIND_ARCHIVE}, MAGIC("070707")},
    {{"application/x-cpio", "cpio archive", KIND_ARCHIVE}, MAGIC("\xC7\x71"), .also = cpio_little},
    {{"application/x-cpio", "cpio archive", KIND_ARCHIVE}, MAGIC("\x71\xC7"), .also = cpio_big},
    {{"application/vnd.debian.binary-package", "Debian package", KIND_ARCHIVE}, MAGIC("!<arch>\ndebian")},
    {{"application/x-archive", "ar archive", KIND_ARCHIVE}, MAGIC("!<arch>\n")},
    {{"application/x-rpm", "RPM package", KIND_ARCHIVE}, MAGIC("\xED\xAB\xEE\xDB")},
    {{"application/vnd.ms-cab-compressed", "Cabinet archive", KIND_ARCHIVE}, MAGIC("MSCF\0\0\0\0")},

    {{"application/x-object", "ELF object", KIND_BINARY},
     MAGIC("\x7F"
           "ELF"),
     .also = elf_object},
    {{"application/x-executable", "ELF program", KIND_BINARY},
     MAGIC("\x7F"
           "ELF"),
     .also = elf_program},
    {{"application/x-sharedlib", "ELF program or library", KIND_BINARY},
     MAGIC("\x7F"
           "ELF"),
     .also = elf_shared},
    {{"application/x-coredump", "ELF core dump", KIND_BINARY},
     MAGIC("\x7F"
           "ELF"),
     .also = elf_core},
    {{"application/vnd.microsoft.portable-executable", "Windows program", KIND_BINARY},
     MAGIC("MZ"),
     .also = windows_program},
    {{"application/x-dosexec", "DOS or Windows program", KIND_BINARY}, MAGIC("MZ"), .also = holds_control},
    {{"application/vnd.tcpdump.pcap", "packet capture", KIND_BINARY}, MAGIC("\xD4\xC3\xB2\xA1")},
    {{"application/vnd.tcpdump.pcap", "packet capture", KIND_BINARY}, MAGIC("\xA1\xB2\xC3\xD4")},
    {{"application/vnd.tcpdump.pcap", "packet capture", KIND_BINARY}, MAGIC("\x4D\x3C\xB2\xA1")},
    {{"application/vnd.tcpdump.pcap", "packet capture", KIND_BINARY}, MAGIC("\xA1\xB2\x3C\x4D")},
    {{"application/x-pcapng", "packet capture (pcapng)", KIND_BINARY}, MAGIC("\x0A\x0D\x0D\x0A")},

    {{"application/x-tar", "tar archive", KIND_ARCHIVE}, .also = old_tar_header},
    {{"application/pgp-encrypted", "OpenPGP message", KIND_BINARY}, MAGIC("-----BEGIN PGP MESSAGE-")},
    {{"application/x-age", "age encrypted file", KIND_BINARY}, MAGIC("age-encryption.org/v1\n")},
    {{"application/pgp-keys", "OpenPGP key", KIND_TEXT}, MAGIC("-----BEGIN PGP PUBLIC KEY BLOCK-")},
    {{"application/pgp-keys", "OpenPGP key", KIND_TEXT}, MAGIC("-----BEGIN PGP PRIVATE KEY BLOCK-")},
    {{"application/pgp-signature", "OpenPGP signature", KIND_TEXT}, MAGIC("-----BEGIN PGP SIGNATURE-")},
    {{"application/x-pem-file", "PEM file", KIND_TEXT}, MAGIC("-----BEGIN "), .also = is_text},
    {{"image/svg+xml", "SVG drawing", KIND_TEXT}, .also = is_svg},
    {{"text/xml", "XML text", KIND_TEXT}, .also = is_xml},
    {{"text/html", "HTML text", KIND_TEXT}, .also = is_html},
    {{"application/json", "JSON text", KIND_TEXT}, .also = is_json},
    {{"text/plain", "text", KIND_TEXT}, .also = odd_text_shape},
    {{"text/plain", "text", KIND_TEXT}, .also = is_text},
};

static const struct file_type *const text_plain = &table[sizeof table / sizeof *table - 1].type;
static const struct file_type octets = {"application/octet-stream", "data", KIND_BINARY};
static const struct file_type multipart = {"multipart/mixed", "multipart", KIND_TEXT};
const struct file_type *const type_multipart = &multipart;
static const struct file_type message = {"message/rfc822", "mail", KIND_TEXT};
const struct file_type *const type_message = &message;
static const struct file_type mailbox = {"application/mbox", "mailbox", KIND_ARCHIVE};
const struct file_type *const type_mailbox = &mailbox;
static const struct file_type empty = {"application/x-empty", "empty file", KIND_BINARY};

static bool fits_signature(const struct signature *s, struct bytes first) {
    if (s->n > 0 && (s->at >= first.n || first.p[s->at] != (uint8_t)s->magic[0]))
        return false; /* as of nearly all */
    return (s->n == 0 || has_at(first, s->at, s->magic, s->n)) && (!s->also || s->also(first));
}

/* By the first byte of a thing: a bit for each row of the table that it may fit. */
enum { ROWS = sizeof table / sizeof *table, WORDS = (ROWS + 63) / 64 };
static uint64_t rows_by_byte[256][WORDS];

static void sort_rows(void) {
    for (size_t byte = 0; byte < 256; byte++)
        for (size_t i = 0; i < ROWS; i++)
            if (table[i].n == 0 || table[i].at > 0 || (uint8_t)table[i].magic[0] == byte)
                rows_by_byte[byte][i / 64] |= UINT64_C(1) << i % 64;
}

const struct file_type *type_of_bytes(struct bytes first) {
    if (first.n == 0)
        return &empty;
    if (multipart_shape(first))
        return &multipart;
    if (mailbox_shape(first))
        return &mailbox;
    if (message_shape(first))
        return &message;
    if (rows_by_byte[0][WORDS - 1] == 0) /* the last row, text, fits any byte */
        sort_rows();
    for (size_t word = 0; word < WORDS; word++)
        for (uint64_t rows = rows_by_byte[first.p[0]][word]; rows; rows &= rows - 1) {
            size_t i = word * 64 + (size_t)__builtin_ctzll(rows);
            if (fits_signature(&table[i], first))
                return &table[i].type;
        }
    return &octets;
}

const struct file_type *type_named(const char *mime) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(table[i].type.mime, mime) == 0)
            return &table[i].type;
    return NULL;
}

/* image/jpg and image/pjpeg are what some senders call JPEG. */
const struct file_type *picture_type(struct bytes mime) {
    static const char *const jpeg[] = {"image/jpg", "image/pjpeg"};
    size_t n = 0;
    while (n < mime.n && mime.p[n] != ';' && mime.p[n] != ' ')
        n++;
    mime.n = n;
    if (n == 0)
        return NULL;
    for (size_t i = 0; i < sizeof jpeg / sizeof *jpeg; i++)
        if (bytes_equal_nocase(mime, jpeg[i]))
            return picture_type(bytes_text("image/jpeg"));
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].type.kind == KIND_IMAGE && bytes_equal_nocase(mime, table[i].type.mime))
            return &table[i].type;
    return NULL;
}

static const struct signature *signature_of(const struct file_type *type) {
    const struct signature *s = (const struct signature *)(const void *)type;
    return s >= table && s < table + sizeof table / sizeof *table ? s : NULL;
}

bool type_is_walked(const struct file_type *type) {
    const struct signature *s = signature_of(type);
    return type->kind == KIND_IMAGE || (s && s->walked);
}

bool type_is_weak(const struct file_type *type) {
    const struct signature *s = signature_of(type);
    return type == &octets || type == &multipart || (s && s->n <= 2 && !s->also);
}

const struct file_type *type_of_middle(struct bytes some, struct bytes name, struct bytes declared) {
    const struct file_type *type = picture_type(declared);
    if (text_shape(some))
        return text_plain;
    if (!type)
        type = picture_named(name);
    return type ? type : &octets;
}

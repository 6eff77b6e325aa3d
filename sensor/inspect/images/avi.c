/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* AVI (Microsoft's RIFF) whose frames are JPEGs, as cameras write it: each frame is a file of its own. Films
 * in other codings are pixels, and their heads metadata. */

enum {
    CHUNK = 8,
    LIST = 4,
    BEFORE_SIZE = 32, /* octets of the film's header before its width and height, */
    SIZE = 8,         /* which these take */
    MARK = 3,
    TEXT_MAX = 64 << 10, /* octets of a chunk that is told; a larger one may hold pixels */
};

struct avi_state {
    uint64_t end;  /* of the file as it says: offset */
    uint64_t left; /* octets of the chunk behind what was gathered of it */
    bool odd;      /* one octet fills it up */
    bool jpeg;     /* the film is one of JPEGs, as it says */
};
_Static_assert(sizeof(struct avi_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static void read_chunk(struct image *i);

static void run_left(struct image *i, enum image_part part) {
    const struct avi_state *s = (const void *)i->state;
    image_run(i, part, s->left + s->odd, CHUNK, read_chunk);
}

static void read_size(struct image *i) {
    image_note_size(i, image_u32le(i->header), image_u32le(i->header + 4), 0);
    image_tell_header(i, IMAGE_METADATA, 0);
    run_left(i, IMAGE_METADATA);
}

static void read_header(struct image *i) {
    image_tell_header(i, IMAGE_METADATA, 0);
    image_gather(i, 0, SIZE, read_size);
}

/* strh: the kind of stream and its coding. What is no JPEG in a film of JPEGs is looked at as a file, too. */
static void read_coding(struct image *i) {
    struct avi_state *s = (void *)i->state;
    s->jpeg |= memcmp(i->header, "vidsMJPG", CHUNK) == 0;
    image_tell_header(i, IMAGE_METADATA, 0);
    run_left(i, IMAGE_METADATA);
}

static void read_behind_frame(struct image *i) {
    const struct avi_state *s = (const void *)i->state;
    image_run(i, IMAGE_PIXELS, s->odd, CHUNK, read_chunk);
}

static void read_frame(struct image *i) {
    const struct avi_state *s = (const void *)i->state;
    if (memcmp(i->header, "\xff\xd8\xff", MARK) != 0 && !s->jpeg) {
        run_left(i, IMAGE_PIXELS);
        return;
    }
    image_tell_header(i, IMAGE_CHILD, 0);
    image_run_child(i, "frame", s->left, 0, read_behind_frame);
    i->child_n = s->left + MARK;
    i->child_key = i->facts.frames;
}

/* The chunks of a list stand in it; those of texts are told as they are. */
static void read_list(struct image *i) {
    if (image_code_in(i->header, "AVI AVIXmovihdrlstrlrec odml"))
        image_gather(i, 0, CHUNK, read_chunk);
    else
        run_left(i, IMAGE_METADATA);
}

static void gather_chunk(struct image *i, uint64_t length, uint8_t need, image_reader *read) {
    struct avi_state *s = (void *)i->state;
    s->left = length - need;
    image_gather(i, 0, need, read);
}

static void enter_chunk(struct image *i, const uint8_t *code, uint64_t length) {
    bool frame = code[2] == 'd' && (code[3] == 'c' || code[3] == 'b');
    i->facts.frames += frame && length > 0;
    if (image_code_in(code, "RIFFLIST") && length >= LIST)
        gather_chunk(i, length, LIST, read_list);
    else if (image_code_in(code, "avih") && length >= BEFORE_SIZE + SIZE)
        gather_chunk(i, length - SIZE, BEFORE_SIZE, read_header);
    else if (image_code_in(code, "strh") && length >= CHUNK)
        gather_chunk(i, length, CHUNK, read_coding);
    else if (frame && length >= MARK)
        gather_chunk(i, length, MARK, read_frame);
    else if (frame || (code[2] == 'w' && code[3] == 'b') || image_code_in(code, "idx1"))
        image_run(i, IMAGE_PIXELS, length + (length & 1), CHUNK, read_chunk);
    else if (length <= TEXT_MAX)
        image_run(i, IMAGE_METADATA, length + (length & 1), CHUNK, read_chunk);
    else
        image_run_unknown(i, length, read_behind_frame);
}

static void read_chunk(struct image *i) {
    struct avi_state *s = (void *)i->state;
    uint64_t length = image_u32le(i->header + 4);
    bool over = i->offset - CHUNK >= s->end;
    s->odd = length & 1;
    if (over && !image_code_in(i->header, "RIFF")) {
        image_tell_header(i, IMAGE_TRAILER, 0);
        image_end(i);
        return;
    }
    if (over)
        s->end = i->offset + length + s->odd;
    enter_chunk(i, i->header, length);
}

static void read_start(struct image *i) {
    if (image_code_in(i->header, "RIFF"))
        read_chunk(i);
    else
        image_lost(i);
}

const struct image_format image_avi = {.mimes = {"video/x-msvideo"}, .need = CHUNK, .read = read_start};

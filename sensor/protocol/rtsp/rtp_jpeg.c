/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/rtsp/rtp.h"

enum { Q_OF_TABLES = 128, Q_OF_OWN_TABLES = 255, SIZE_UNIT = 8, FIELDS_MAX = 3 };

/* The headers of one packet (section 3.1), and what is behind them. */
struct part {
    uint8_t field; /* type-specific: interlaced or not */
    uint32_t offset;
    struct jpeg_form form;
    bool tables; /* there is a header of tables */
    struct bytes scan;
};

static bool read_tables(struct reader *r, struct part *p) {
    uint8_t zero, precision;
    uint16_t n;
    const uint8_t *tables;
    if (!reader_u8(r, &zero) || !reader_u8(r, &precision) || !reader_u16(r, &n) ||
        !reader_take(r, n, &tables))
        return false;
    p->form.precision = precision;
    p->form.tables = bytes_of(tables, n);
    p->tables = true;
    return zero == 0;
}

static bool read_part(struct bytes payload, struct part *p) {
    struct reader r = reader_of(payload.p, payload.n);
    uint32_t offset;
    uint16_t count;
    uint8_t width, height;
    *p = (struct part){.field = 0};
    if (!reader_u32(&r, &offset) || !reader_u8(&r, &p->form.type) || !reader_u8(&r, &p->form.q) ||
        !reader_u8(&r, &width) || !reader_u8(&r, &height))
        return false;
    p->field = (uint8_t)(offset >> 24);
    p->offset = offset & 0xffffff;
    p->form.width = (uint16_t)(width * SIZE_UNIT);
    p->form.height = (uint16_t)(height * SIZE_UNIT);
    if (p->form.type & JPEG_RESTARTS && (!reader_u16(&r, &p->form.restart) || !reader_u16(&r, &count)))
        return false;
    if (p->form.q >= Q_OF_TABLES && p->offset == 0 && !read_tables(&r, p))
        return false;
    p->scan = bytes_of(r.at, reader_left(&r));
    return p->form.type < Q_OF_TABLES;
}

bool rtp_jpeg_begins(struct bytes payload) {
    struct part p;
    if (!read_part(payload, &p) || p.offset != 0 || p.field > FIELDS_MAX || p.scan.n == 0 ||
        !jpeg_header_known(&p.form) || p.form.width == 0 || p.form.height == 0)
        return false;
    return p.form.q < Q_OF_TABLES ? p.form.q < 100 : p.form.tables.n <= JPEG_TABLES_MAX;
}

/* --- one picture --- */

/* Those of a number other than 255 may be sent once. */
static void find_tables(struct rtp_jpeg *j, struct part *p) {
    if (p->form.q < Q_OF_TABLES)
        return;
    if (p->tables && p->form.tables.n > 0 && p->form.tables.n <= JPEG_TABLES_MAX) {
        j->q = p->form.q;
        j->precision = p->form.precision;
        j->tables_n = (uint16_t)p->form.tables.n;
        memcpy(j->tables, p->form.tables.p, p->form.tables.n);
    } else if (p->form.q == j->q && p->form.q != Q_OF_OWN_TABLES) {
        p->form.precision = j->precision;
        p->form.tables = bytes_of(j->tables, j->tables_n);
    }
}

static void begin_picture(struct rtp_jpeg *j, const struct rtp_origin *o, uint32_t time, struct part *p) {
    const struct rtp_stream *s = o->stream;
    uint8_t header[JPEG_HEADER_MAX];
    struct transfer_seed seed = transfer_seed_of(o->protocol, o->from);
    seed.fact[FACT_DECLARED_TYPE] = bytes_text("image/jpeg");
    if (s) {
        seed.fact[FACT_URL] = bytes_of(s->path, s->path_n);
        seed.fact[FACT_HOST] = bytes_of(s->host, s->host_n);
        seed.fact[FACT_USER] = bytes_of(s->user, s->user_n);
        p->form.width = p->form.width ? p->form.width : s->width;
        p->form.height = p->form.height ? p->form.height : s->height;
    }
    counter_one(COUNTER_RTP_PICTURES);
    j->open = true;
    j->time = time;
    j->at = 0;
    j->last[0] = j->last[1] = 0;
    j->transfer = o->c->services->begin(o->c, &seed);
    find_tables(j, p);
    size_t n = jpeg_header_write(&p->form, header);
    if (n)
        o->c->services->data(o->c, j->transfer, header, n);
    else /* nobody knows how long it is */
        o->c->services->gap(o->c, j->transfer, 1);
    counter_add(COUNTER_RTP_HEADERS_UNKNOWN, n == 0);
}

static void add_scan(struct rtp_jpeg *j, const struct rtp_origin *o, struct bytes scan) {
    if (scan.n == 0)
        return;
    j->last[0] = scan.n > 1 ? scan.p[scan.n - 2] : j->last[1];
    j->last[1] = scan.p[scan.n - 1];
    j->at += (uint32_t)scan.n;
    o->c->services->data(o->c, j->transfer, scan.p, scan.n);
}

/* The end of the picture is left out by some senders, too. */
static void end_picture(struct rtp_jpeg *j, const struct rtp_origin *o) {
    static const uint8_t end[2] = {0xff, 0xd9};
    if (memcmp(j->last, end, sizeof end) != 0)
        o->c->services->data(o->c, j->transfer, end, sizeof end);
    o->c->services->end(o->c, j->transfer, TRANSFER_DONE);
    j->open = false;
}

void rtp_jpeg_cut(struct rtp_jpeg *j, struct conversation *c) {
    if (j->open)
        c->services->end(c, j->transfer, TRANSFER_CUT);
    j->open = false;
}

/* Some senders give all pictures the same time: what does not go on where the last part ended, or does so
 * though some is missing between them, is of another one. */
static bool is_of_another(const struct rtp_jpeg *j, uint32_t time, bool lost, const struct part *p) {
    return time != j->time || p->offset < j->at || (lost && p->offset == j->at);
}

bool rtp_jpeg_take(struct rtp_jpeg *j, const struct rtp_origin *o, uint32_t time, bool lost, bool last,
                   struct bytes payload) {
    struct part p;
    if (!read_part(payload, &p))
        return false;
    if (j->open && is_of_another(j, time, lost, &p))
        rtp_jpeg_cut(j, o->c);
    if (!j->open)
        begin_picture(j, o, time, &p);
    if (p.offset > j->at) {
        o->c->services->gap(o->c, j->transfer, p.offset - j->at);
        j->at = p.offset;
    }
    add_scan(j, o, p.scan);
    if (last)
        end_picture(j, o);
    return true;
}

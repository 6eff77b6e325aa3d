/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/pcapng.h"
#include "capture/records.h"
#include "capture/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { READ_BUFFER = 64 << 10, PER_MILLE = 1000 };

struct file {
    const char *name; /* to report */
    pcap_t *pcap;     /* owns `stream` once open, or what stands before it */
    FILE *stream;
    bool next_generation; /* pcapng: libpcap reads it through another stream */
    char *buffer;         /* of the stream */
    off_t size;           /* -1: not a regular file */
    struct records records;
};

struct files {
    struct capture common;
    struct file *list;
    size_t count, current;
    off_t size, done; /* bytes in all files, in those read; size -1: unknown */
    size_t damaged;   /* files */
};

static void file_close(struct file *f) {
    records_finish(&f->records);
    if (f->pcap)
        pcap_close(f->pcap);
    if (f->stream && f->stream != stdin && (!f->pcap || f->next_generation))
        fclose(f->stream);
    if (f->stream == stdin)
        setvbuf(stdin, NULL, _IONBF, 0); /* it outlives its buffer */
    free(f->buffer);
    *f = (struct file){.name = f->name, .size = f->size};
}

static bool open_stream(struct file *f, const char *path, struct error *e) {
    bool standard_input = strcmp(path, "-") == 0;
    f->name = standard_input ? "standard input" : path;
    f->stream = standard_input ? stdin : fopen(path, "rbe");
    if (!f->stream)
        return error_set(e, "%s: cannot open: %s; check the path and its permissions", f->name,
                         strerror(errno));
    f->buffer = malloc(READ_BUFFER);
    if (f->buffer)
        setvbuf(f->stream, f->buffer, _IOFBF, READ_BUFFER);
    struct stat s;
    f->size = fstat(fileno(f->stream), &s) == 0 && S_ISREG(s.st_mode) ? s.st_size : -1;
    int first = getc(f->stream);
    f->next_generation = first == PCAPNG_FIRST;
    if (first != EOF)
        return ungetc(first, f->stream) != EOF;
    if (ferror(f->stream))
        return error_set(e, "%s: cannot read: %s; name a pcap or pcapng file", f->name, strerror(errno));
    return error_set(e, "%s: is empty (0 bytes), not a capture; capture it again, or name another", f->name);
}

static bool file_open(struct file *f, const char *path, const char *filter, struct error *e) {
    char reason[PCAP_ERRBUF_SIZE];
    if (!open_stream(f, path, e))
        return false;
    FILE *read = f->next_generation ? pcapng_open(f->stream) : f->stream;
    if (!read)
        return error_set(e, "%s: no memory", f->name);
    f->pcap = pcap_fopen_offline_with_tstamp_precision(read, PCAP_TSTAMP_PRECISION_NANO, reason);
    if (!f->pcap && f->next_generation)
        fclose(read);
    if (!f->pcap)
        return error_set(e, "%s: not a readable pcap or pcapng capture: %s", f->name, reason);
    if (f->size >= 0 && f->stream != stdin && !f->next_generation && !filter)
        records_begin(&f->records, f->stream, f->pcap);
    return link_check(pcap_datalink(f->pcap), f->name, e) && source_set_filter(f->pcap, filter, f->name, e);
}

/* The first damage is the one that is told; the files behind it are still read. */
static void note_damage(struct files *f) {
    struct file *now = &f->list[f->current];
    if (f->damaged++ == 0)
        error_set(&f->common.reason, "%s: damaged: %s; all packets before the damage were read", now->name,
                  pcap_geterr(now->pcap));
}

/* As pcap_dispatch(): how many packets there were, 0 at the end, less where the file is damaged. */
static int read_packets(struct capture *c, struct file *f, int most) {
    struct pcap_pkthdr header;
    const u_char *bytes;
    int n = 0;
    for (; n < most && records_next(&f->records, &header, &bytes); n++)
        source_lend((u_char *)c, &header, bytes);
    return n ? n : pcap_dispatch(f->pcap, most, source_lend, (u_char *)c);
}

static int files_read(struct capture *c, int most) {
    struct files *f = (struct files *)c;
    while (f->current < f->count && c->lent == 0) {
        struct file *now = &f->list[f->current];
        c->link_type = pcap_datalink(now->pcap);
        int n = read_packets(c, now, most);
        if (n > 0)
            continue;
        if (n < 0)
            note_damage(f);
        if (now->size > 0)
            f->done += now->size;
        file_close(now);
        f->current++;
    }
    if (c->lent > 0)
        return c->lent;
    return f->damaged ? CAPTURE_BROKEN : CAPTURE_END;
}

static int files_progress(const struct capture *c) {
    const struct files *f = (const struct files *)c;
    if (f->size < 0)
        return -1;
    off_t at = f->done;
    if (f->current < f->count) {
        const struct file *file = &f->list[f->current];
        off_t now = file->records.buffer ? (off_t)records_place(&file->records) : ftello(file->stream);
        at += now > 0 ? now : 0;
    }
    if (at >= f->size)
        return PER_MILLE;
    return (int)((double)at / (double)f->size * PER_MILLE);
}

static void files_close(struct capture *c) {
    struct files *f = (struct files *)c;
    for (size_t i = 0; i < f->count; i++)
        file_close(&f->list[i]);
    free(f->list);
    free(f);
}

static const struct source files_source = {
    .read = files_read,
    .progress = files_progress,
    .close = files_close,
};

static bool open_all(struct files *f, const char *const *paths, const char *filter, struct error *e) {
    size_t dashes = 0;
    for (size_t i = 0; i < f->count; i++)
        dashes += strcmp(paths[i], "-") == 0;
    if (dashes > 1)
        return error_set(e, "standard input can be read only once: name '-' once");
    for (size_t i = 0; i < f->count; i++) {
        if (!file_open(&f->list[i], paths[i], filter, e))
            return false;
        f->size = f->size < 0 || f->list[i].size < 0 ? -1 : f->size + f->list[i].size;
    }
    return true;
}

struct capture *capture_open_files(const char *const *paths, size_t count, const char *filter,
                                   struct error *e) {
    if (count == 0) {
        error_set(e, "no capture file to read: name at least one");
        return NULL;
    }
    struct files *f = calloc(1, sizeof *f);
    if (!f || !(f->list = calloc(count, sizeof *f->list))) {
        error_set(e, "no memory to open %zu capture files", count);
        free(f);
        return NULL;
    }
    f->common.source = &files_source;
    f->count = count;
    if (!open_all(f, paths, filter, e)) {
        files_close(&f->common);
        return NULL;
    }
    return &f->common;
}

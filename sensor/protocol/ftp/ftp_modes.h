/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_MODES_H
#define GANTRY_PROTOCOL_FTP_MODES_H

#include "coding/coding.h"

/* How a data connection carries a file other than byte by byte (RFC 959 section 3.4; MODE Z as lftp, ProFTPD
 * and Pure-FTPd speak it: one zlib stream). A server may say 200 to a mode that nobody then uses, and its
 * answer may never be seen: what is in force is asked of the bytes too. */
enum ftp_modes {
    FTP_BLOCKS = 1 << 0,  /* MODE B */
    FTP_RUNS = 1 << 1,    /* MODE C */
    FTP_DEFLATE = 1 << 2, /* MODE Z */
    FTP_RECORDS = 1 << 3, /* STRU R in stream mode */
    FTP_EBCDIC = 1 << 4,  /* TYPE E */
    FTP_MODE = FTP_BLOCKS | FTP_RUNS | FTP_DEFLATE,
    FTP_ALL_MODES = FTP_MODE | FTP_RECORDS | FTP_EBCDIC,
};

/* One direction of a data connection while a mode is undone. */
struct ftp_undo {
    struct filter filter;
    uint8_t modes;
    void (*over)(
        struct ftp_undo *u); /* the sender has said that this was the file's end; another may follow */
    bool plain;              /* these were no blocks: the bytes go on as they are */
    bool began;              /* a first block was read */
    bool broken;             /* what came behind good blocks was none */
    bool marker;             /* what comes next is a restart marker */
    bool replica;            /* the next byte is repeated `left` times */
    uint8_t head[3], head_n;
    uint32_t left;    /* of the block or string */
    uint64_t in, out; /* bytes taken and given */
};

/* Can the bytes alone not tell whether these modes are in force? Then the file is looked at in both ways. */
bool ftp_modes_unsure(unsigned modes);
/* Puts what undoes them before `next`, which gets the file's bytes; `u` lives until filter_end(), which ends
 * `next`, was called. `over` is called at each end of a file that the mode itself marks. Returns `next` where
 * there is nothing to undo. */
struct filter *ftp_undo_begin(struct ftp_undo *u, unsigned modes, struct codings *codings,
                              void (*over)(struct ftp_undo *u), struct filter *next);

#endif

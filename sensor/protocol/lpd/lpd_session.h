/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_LPD_SESSION_H
#define GANTRY_PROTOCOL_LPD_SESSION_H

#include "protocol/lpd/lpd.h"

/* What the files of lpd/ share. */

enum { LPD_LINE_MAX = 512, LPD_NAME_MAX = 128, LPD_CONTROL_MAX = 4096, LPD_FILES_MAX = 8 };

#define LPD_TO_CLOSE UINT64_MAX /* as a count: nobody has said how much comes */

enum lpd_command { LPD_ABORT = 1, LPD_RECEIVE = 2, LPD_CONTROL = 2, LPD_DATA = 3 };

/* --- lpd_probe.c: "\2 count SP name" within a job --- */

struct lpd_line {
    uint8_t command;
    uint64_t count;
    struct bytes name;
};

/* Without its LF. False: no line of a file. */
bool lpd_read_line(struct bytes line, struct lpd_line *out);
/* Of a job or of a queue. */
bool lpd_is_command(struct bytes line);

/* --- lpd_control.c: what stands in a control file (section 7) --- */

enum { LPD_NAMES_MAX = 32 };

/* It is read once, however many files it names. Clients write a file's name before or behind the lines that
 * print it: of both there are equally many, in one order. */
struct lpd_names {
    struct bytes sent[LPD_NAMES_MAX], name[LPD_NAMES_MAX], user; /* in the control file */
    unsigned sents, names;
};

void lpd_names_read(struct lpd_names *out, struct bytes control);
/* The name that the client had for the file which it sends as `sent`; n == 0: it does not say. */
struct bytes lpd_names_find(const struct lpd_names *names, struct bytes sent);

/* --- lpd_files.c: files that have come; one is not told to be over before its name may be known --- */

struct lpd_file {
    struct transfer *transfer;
    bool used, over;
    enum transfer_end how;
    uint8_t sent_n;
    uint8_t sent[LPD_NAME_MAX];
};

struct lpd {
    struct conversation *c;
    enum lpd_phase { LPD_LINES, LPD_CONTENT, LPD_BEHIND, LPD_EMPTY, LPD_REST } phase;
    enum side client; /* that speaks first */
    bool began;
    bool job;      /* the client has named a queue */
    bool control;  /* what comes is one */
    uint64_t left; /* of what comes, or LPD_TO_CLOSE */
    struct lpd_file file[LPD_FILES_MAX];
    struct lpd_file *current;
    struct transfer *stray[2]; /* by enum side: what is no line, what is no answer */
    uint32_t answered;         /* octets of the server */
    uint16_t line_n;
    uint8_t line[LPD_LINE_MAX];
    uint8_t *text; /* the control file, LPD_CONTROL_MAX octets, or NULL */
    uint32_t text_n;
    struct lpd_names names; /* of the control file, when all of it has come */
};

void lpd_file_begin(struct lpd *s, const struct lpd_line *line);
void lpd_file_end(struct lpd *s, enum transfer_end how);
/* The control file is there: files that have come have names now. */
void lpd_files_name(struct lpd *s);
void lpd_files_finish(struct lpd *s);

#endif

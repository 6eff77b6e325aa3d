/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TRANSFER_TRANSFER_END_H
#define GANTRY_TRANSFER_TRANSFER_END_H

/* How a transfer ended. Whether it is complete also depends on gaps, which content/ knows. */
enum transfer_end {
    TRANSFER_DONE,    /* the protocol says: this was all of it */
    TRANSFER_CUT,     /* ended before its announced end */
    TRANSFER_UNKNOWN, /* ended, and the protocol cannot say (until close without a clean close) */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CODING_IGZIP_H
#define GANTRY_CODING_IGZIP_H

#include "coding/decoder.h"

#include <zlib.h>

/* The rest of a stream of deflate (RFC 1951) by ISA-L's igzip, which unfolds text faster than zlib. Its
 * tables are dear to build and to fetch, so that it loses where streams are short, or little unfolds from
 * much. So zlib begins, and gives over where a block ends once the stream is long and unfolds well. The
 * octets are the same. */

struct igzip;

/* Of a stream that stopped by Z_BLOCK: was that its last block, behind which zlib has to be called once more?
 */
bool igzip_is_over(const z_stream *z);
/* Is it at a place where it can be given over, and worth it? */
bool igzip_is_worth(const z_stream *z);

/* `window_bits`: as it was begun with (inflateInit2()). `last`: the octet that it took last. NULL: too little
 * memory is left, and `z` goes on. Otherwise `z` may be ended. */
struct igzip *igzip_take(struct codings *c, z_stream *z, int window_bits, uint8_t last);
/* With CODING_ENDED the stream has ended, its wrapper too, and no octet behind it was taken. */
enum coding_step igzip_step(struct igzip *i, struct coding_window *w);
void igzip_stop(struct codings *c, struct igzip *i); /* accepts NULL */

#endif

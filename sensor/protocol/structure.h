/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_STRUCTURE_H
#define GANTRY_PROTOCOL_STRUCTURE_H

#include "base/bytes.h"

/* What ciphertext does not look like. What something is is content/type's to say; here it is only told from
 * bytes that are as good as random: no answer comes by chance more often than once in some 2^36 places. */

enum { STRUCTURE_FIRST = 40 /* octets that structure_begins() wants to see */, STRUCTURE_SAMPLE = 256 };

enum structure { STRUCTURE_NONE, STRUCTURE_MORE, STRUCTURE_FOUND };

/* Does a picture, an archive or a document begin here, by its signature, or text? More bytes change no answer
 * but MORE. */
enum structure structure_begins(struct bytes first);
/* The same without text, and of text alone. */
enum structure structure_signature(struct bytes first);
enum structure structure_text(struct bytes first);

/* Where in `in` something with a signature or a long run of text begins; in.n if nothing does. */
size_t structure_find(struct bytes in, bool text);
/* The same of text alone. */
size_t structure_find_text(struct bytes in);
/* The same of a JPEG and of text, at little cost. */
size_t structure_find_quickly(struct bytes in);

/* May these STRUCTURE_SAMPLE octets be ciphertext? Text, base64, tables, bitmaps, programs may not. */
bool structure_is_random(const uint8_t sample[STRUCTURE_SAMPLE]);

/* Are these octets, 1,000 or more, out of the middle of a JPEG's pixels? There a FF is followed by 00 or a
 * restart marker, always (ITU-T T.81, B.1.1.5). */
bool structure_is_jpeg(struct bytes some);

#endif

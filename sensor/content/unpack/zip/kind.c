/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/zip.h"

/* What is made of ZIP says by the names of its members what it is: where the first of them do not, a later
 * one does. */

static const char zip[] = "application/zip", java[] = "application/java-archive",
                  office[] = "application/vnd.openxmlformats-officedocument";

static const struct {
    const char *member, *mime;
    const char *instead[2]; /* of these, which say less */
} kinds[] = {
    {"word/document.xml",
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     {zip, office}},
    {"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", {zip, office}},
    {"ppt/presentation.xml",
     "application/vnd.openxmlformats-officedocument.presentationml.presentation",
     {zip, office}},
    {"[Content_Types].xml", office, {zip, zip}},
    {"AndroidManifest.xml", "application/vnd.android.package-archive", {zip, java}},
    {"META-INF/container.xml", "application/epub+zip", {zip, java}},
    {"META-INF/MANIFEST.MF", java, {zip, zip}},
    {"doc.kml", "application/vnd.google-earth.kmz", {zip, zip}},
};

void zip_kind_note(struct zip *z) {
    const char *mime = unpack_object(z->unpack)->type->mime;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bytes_equal(bytes_of(z->name, z->name_n), bytes_text(kinds[i].member)) &&
            (strcmp(mime, kinds[i].instead[0]) == 0 || strcmp(mime, kinds[i].instead[1]) == 0))
            unpack_settle_type(z->unpack, kinds[i].mime);
}

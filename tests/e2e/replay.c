/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor_path.h"

/* replay: reads the name of a capture a line from standard input and puts each through the whole path, as if
 * nothing had come before. Prints the SHA-256 of every transfer that was called complete, a line each, and
 * then "end" with 0 or 1 as the sensor's exit status would be. What must hold of the path is checked, as
 * under the fuzzer. */

static void print_complete(const struct record *r) {
    if (r->kind != RECORD_TRANSFER || !r->complete || r->container || !r->hashed)
        return;
    for (size_t i = 0; i < sizeof r->sha256; i++)
        printf("%02x", r->sha256[i]);
    printf("\n");
}

static int read_all(struct path *path, const char *name) {
    struct error e;
    int n;
    struct capture *c = capture_open_files(&name, 1, NULL, &e);
    if (!c)
        return 1;
    while ((n = capture_read(c, 256, path_packet, path)) >= 0)
        ;
    capture_close(c);
    return n == CAPTURE_END ? 0 : 1;
}

int main(void) {
    static struct path path;
    char name[4096];
    if (!path_init(&path))
        return 1;
    path.record = print_complete;
    for (unsigned runs = 1; fgets(name, sizeof name, stdin); runs++) {
        name[strcspn(name, "\n")] = '\0';
        /* An empty line: what was learnt of other captures, of their checksums, says nothing of the next one. */
        if (!name[0]) {
            path_restart(&path);
            continue;
        }
        int status = read_all(&path, name);
        /* now and then all that is open ends at once, as at the end of a file */
        if (runs % 32 == 0)
            path_restart(&path);
        path_silence(&path);
        printf("end %d\n", status);
        fflush(stdout);
    }
    pipeline_destroy(path.pipeline);
    return 0;
}

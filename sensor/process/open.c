/* SPDX-License-Identifier: Apache-2.0 */
#include "process/open.h"

#include "control/control.h"
#include "metrics/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- captures --- */

static struct capture *open_capture(const struct sensor *s, const struct options *o, unsigned index,
                                    unsigned count, struct error *e) {
    const struct config *c = s->config;
    const char *filter = o->filter ? o->filter : c->capture.filter;
    bool by_ports = c->capture.split == CAPTURE_BY_PORTS;
    if (o->file_count) {
        struct capture *file = capture_open_files(o->files, o->file_count, filter, e);
        if (file && count > 1)
            capture_share(file, index, count, by_ports);
        return file;
    }
    struct capture_options live = c->capture;
    live.interface = s->interface;
    live.filter = filter;
    live.ring_bytes = s->budget.ring;
    live.workers = count;
    live.index = index;
    live.fanout_group = (uint16_t)getpid();
    return capture_open_live(&live, e);
}

static bool reads_stdin(const struct options *o) {
    for (size_t i = 0; i < o->file_count; i++)
        if (strcmp(o->files[i], "-") == 0)
            return true;
    return false;
}

static bool open_captures(struct sensor *s, const struct options *o, unsigned count, struct error *e) {
    if (count > 1 && reads_stdin(o)) {
        log_warning("standard input cannot be read by %u workers at once; one worker reads it", count);
        count = 1;
    }
    for (unsigned i = 0; i < count; i++) {
        s->capture[i] = open_capture(s, o, i, count, e);
        if (!s->capture[i])
            return false;
        s->workers = i + 1;
    }
    for (unsigned i = 0; s->interface && i < count && count > 1; i++)
        capture_begin(s->capture[i]);
    return true;
}

/* --- memory that processes share --- */

/* NULL: no memory. */
static void *share_memory(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static bool open_channels(struct sensor *s, struct error *e) {
    s->upper = share_memory(sizeof *s->upper);
    s->doorbell = doorbell_create();
    if (!s->upper || !s->doorbell || !shared_create(&s->blame_memory, "gantry-blame", sizeof *s->blame))
        return error_set(e, "no shared memory for the channels between processes: %s", strerror(errno));
    s->blame = s->blame_memory.own;
    counter_move(s->upper->supervisor);
    return true;
}

bool sensor_open_places(struct sensor *s, struct error *e) {
    for (unsigned i = 0; i < s->places; i++) {
        s->ring[i] = ring_create(s->budget.channel);
        if (!s->ring[i] || !handout_open(&s->handout[i]) ||
            !shared_create(&s->status_memory[i], "gantry-status", sizeof *s->status[i]))
            return error_set(e, "no shared memory for the channels between processes: %s", strerror(errno));
        s->status[i] = s->status_memory[i].own;
        s->status[i]->progress = -1;
    }
    for (unsigned i = 0; s->workers > 1 && i < s->workers; i++)
        if (!shared_create(&s->board_memory[i], "gantry-board", sizeof(struct board)))
            return error_set(e, "no shared memory for the channels between processes: %s", strerror(errno));
    for (size_t i = 0; i < s->role_count; i++)
        if (s->roles[i].share && !s->roles[i].share(s, e))
            return false;
    return true;
}

/* --- folders and the sandbox --- */

/* The folder of a path, in the arena; NULL: no room. */
static const char *folder_of(struct arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_text(arena, path, (size_t)(slash - path));
}

/* NULL: there is none. */
static const char *metrics_socket(const struct sensor *s) {
    return sensor_metrics(s) ? metrics_path(sensor_metrics(s)) : NULL;
}

/* Folders below which files may be made and removed: those of the reporter's outputs, and the sensor's own.
 */
static size_t list_writable(const struct sensor *s, struct arena *arena, const char **out) {
    size_t n = 0;
    if (sensor_state(s))
        out[n++] = sensor_state(s);
    if (sensor_control(s) && (out[n] = folder_of(arena, sensor_control(s))))
        n++;
    if (metrics_socket(s) && (out[n] = folder_of(arena, metrics_socket(s))))
        n++;
    for (size_t i = 0; i < s->outputs->count; i++) {
        const char *path = output_path(&s->outputs->list[i]);
        if (path && (out[n] = folder_of(arena, path)))
            n++;
    }
    return n;
}

/* The folder of the database and what root left in it belong to the account from now on. A folder that was
 * there and holds no database stays whose it is. */
static void give_state(const struct sensor *s, bool made) {
    static const char *const names[] = {"gantry.db", "gantry.db-wal", "gantry.db-shm", "gantry.db-journal"};
    const char *folder = sensor_state(s);
    uid_t user;
    gid_t group;
    if (!folder || !sandbox_account(s->sandbox, &user, &group))
        return;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return; /* the reporter says why */
    if ((made || faccessat(fd, names[0], F_OK, AT_SYMLINK_NOFOLLOW) == 0) && fchown(fd, user, group) != 0)
        log_warning("sensor.state: %s cannot be given to the sensor's user: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (fchownat(fd, names[i], user, group, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT)
            log_warning("sensor.state: %s/%s cannot be given to the sensor's user: %s", folder, names[i],
                        strerror(errno));
    close(fd);
}

static bool open_sandbox(struct sensor *s, struct arena *arena, struct error *e) {
    const char *folders[OUTPUTS_MAX + 3];
    bool made = sensor_state(s) && mkdir(sensor_state(s), 0700) == 0;
    size_t count = list_writable(s, arena, folders);
    s->sandbox = sandbox_create(&s->config->sandbox, e);
    if (!s->sandbox)
        return false;
    for (size_t i = 0; i < s->role_count; i++)
        sandbox_prepare(s->sandbox, &s->roles[i].sandbox, folders, count);
    give_state(s, made);
    return true;
}

/* --- sockets --- */

struct made {
    bool control, metrics; /* the folders of these sockets */
};

static bool open_sockets(struct sensor *s, struct made *made, struct error *e) {
    if (sensor_control(s)) {
        s->control = control_listen(sensor_control(s), &made->control, e);
        if (s->control < 0)
            return false;
    }
    if (sensor_metrics(s))
        s->metrics = metrics_listen(sensor_metrics(s), &made->metrics, e);
    return !sensor_metrics(s) || s->metrics >= 0;
}

/* Who may ask there is known once the account is. */
static bool give_sockets(struct sensor *s, const struct made *made, struct error *e) {
    uid_t user;
    gid_t group;
    sandbox_account(s->sandbox, &user, &group);
    if (!sandbox_group(s->sandbox, &s->control_group))
        s->control_group = CONTROL_NO_GROUP;
    return (!sensor_control(s) ||
            control_give(sensor_control(s), made->control, user, s->control_group, e)) &&
           (!sensor_metrics(s) || metrics_give(sensor_metrics(s), made->metrics, user, s->control_group, e));
}

/* --- all --- */

bool sensor_open(struct sensor *s, const struct options *options, unsigned workers, struct arena *arena) {
    struct made made = {0};
    struct error e;
    bool ok = open_sockets(s, &made, &e) && open_sandbox(s, arena, &e) && give_sockets(s, &made, &e) &&
              open_captures(s, options, workers, &e) && open_channels(s, &e);
    if (!ok)
        log_error("%s", e.text);
    return ok;
}

void sensor_close(struct sensor *s) {
    for (unsigned i = 0; i < s->workers; i++)
        capture_close(s->capture[i]);
    for (unsigned i = 0; i < s->places; i++)
        if (s->ring[i]) {
            ring_destroy(s->ring[i]);
            handout_close(&s->handout[i]);
            shared_release(&s->status_memory[i]);
        }
    shared_release(&s->blame_memory);
    sandbox_destroy(s->sandbox);
    doorbell_destroy(s->doorbell);
    if (s->control >= 0) {
        unlink(sensor_control(s)); /* as far as the account may; a successor replaces it */
        close(s->control);
    }
    if (s->metrics >= 0) {
        if (metrics_socket(s))
            unlink(metrics_socket(s));
        close(s->metrics);
    }
    snapshot_free(s->snapshot);
}

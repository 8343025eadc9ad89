/* Records what a program asks of the disk, in order, so that a power cut can be played back at every instant; and lets
 * the disk fail on purpose.
 *
 *     RECORD_FOLDER=/absolute/folder RECORD_LOG=/elsewhere/log LD_PRELOAD=recorder.so program
 *
 * or, from within: record_into(folder, log), and fail(first, count, error): of the calls that change a file of the
 * folder, those numbered first to first + count - 1 (the first is 1) have the error instead of an effect. What is
 * acknowledged is written into a file "acknowledged" of the folder, which never fails.
 *
 * Every call on a file of the folder (and on the folder itself) is written to the log once it has succeeded. A lock
 * around call and record keeps the log in the order in which the calls took effect, whatever the threads. One record:
 *
 *     operation u8, length of path u32, offset u64, length of data u64, path, data
 *
 * Operations: O open that may create, W write, T truncate (offset is the new length), S fsync or fdatasync,
 * U unlink, R rename (data is the new path), F fsync that failed. Numbers are in the machine's order.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTORS 65536

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char *paths[DESCRIPTORS];
static const char *folder;
static size_t folder_length;
static int record_fd = -1;
static long calls, fail_first, fail_count;
static int fail_error;

void record_into(const char *where, const char *log)
{
    if (!where || !log)
        return;
    folder = strdup(where);
    folder_length = strlen(folder);
    record_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void fail(long first, long count, int error)
{
    calls = 0;
    fail_first = first;
    fail_count = count;
    fail_error = error;
}

long changes(void) { return calls; }

__attribute__((constructor)) static void begin(void) { record_into(getenv("RECORD_FOLDER"), getenv("RECORD_LOG")); }

/* Says whether this call fails; call it with the lock held, once for each call that changes a file of the folder. */
static int fails(const char *path)
{
    size_t length = path ? strlen(path) : 0;
    if (length < 13 || !strcmp(path + length - 13, "/acknowledged"))
        return 0;
    calls++;
    if (!fail_first || calls < fail_first || calls >= fail_first + fail_count)
        return 0;
    errno = fail_error;
    return 1;
}

static int is_ours(const char *path)
{
    return record_fd >= 0 && path && !strncmp(path, folder, folder_length) &&
           (path[folder_length] == '/' || path[folder_length] == '\0');
}

static const char *path_of(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS ? paths[fd] : NULL;
}

static void record(char operation, const char *path, uint64_t offset, const void *data, uint64_t length)
{
    uint32_t path_length = (uint32_t)strlen(path);
    struct iovec parts[] = {
        {&operation, 1}, {&path_length, 4}, {&offset, 8}, {&length, 8}, {(void *)path, path_length}, {(void *)data, length},
    };
    ssize_t whole = (ssize_t)(21 + path_length + length);
    if (syscall(SYS_writev, record_fd, parts, 6) != whole)
        abort(); /* a trace with a hole proves nothing */
}

static int opened(int fd, const char *path, int flags)
{
    if (fd >= 0 && fd < DESCRIPTORS && is_ours(path)) {
        free(paths[fd]);
        paths[fd] = strdup(path);
        if (flags & O_CREAT)
            record('O', path, 0, NULL, 0);
        if (flags & O_TRUNC)
            record('T', path, 0, NULL, 0);
    }
    return fd;
}

#define MODE(flags, mode)                                                                                              \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }
#define HELD(expression)                                                                                               \
    pthread_mutex_lock(&lock);                                                                                         \
    expression;                                                                                                        \
    pthread_mutex_unlock(&lock)

static int do_open(int at, const char *path, int flags, mode_t mode)
{
    if (flags & O_CREAT && is_ours(path) && access(path, F_OK)) {
        HELD(int failed = fails(path));
        if (failed)
            return -1;
    }
    HELD(int fd = opened((int)syscall(SYS_openat, at, path, flags, mode), path, flags));
    return fd;
}

int open(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, mode) return do_open(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, mode) return do_open(at, path, flags, mode); }
int __open_2(const char *path, int flags) { return do_open(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return do_open(AT_FDCWD, path, flags, 0); }

int close(int fd)
{
    pthread_mutex_lock(&lock);
    if (path_of(fd)) {
        free(paths[fd]);
        paths[fd] = NULL;
    }
    int result = (int)syscall(SYS_close, fd);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int fd, const void *data, size_t length)
{
    const char *path = path_of(fd);
    if (!path)
        return syscall(SYS_write, fd, data, length);
    pthread_mutex_lock(&lock);
    ssize_t written = fails(path) ? -1 : syscall(SYS_write, fd, data, length);
    if (written > 0)
        record('W', path, (uint64_t)(lseek(fd, 0, SEEK_CUR) - written), data, (uint64_t)written);
    pthread_mutex_unlock(&lock);
    return written;
}

static ssize_t do_pwrite(int fd, const void *data, size_t length, off_t offset)
{
    const char *path = path_of(fd);
    pthread_mutex_lock(&lock);
    ssize_t written = fails(path) ? -1 : syscall(SYS_pwrite64, fd, data, length, offset);
    if (path && written > 0)
        record('W', path, (uint64_t)offset, data, (uint64_t)written);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return do_pwrite(fd, data, length, offset); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return do_pwrite(fd, data, length, offset); }

static int do_truncate(int fd, off_t length)
{
    const char *path = path_of(fd);
    pthread_mutex_lock(&lock);
    int result = fails(path) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
    if (path && !result)
        record('T', path, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return do_truncate(fd, length); }
int ftruncate64(int fd, off64_t length) { return do_truncate(fd, length); }

static int do_sync(long call, int fd)
{
    const char *path = path_of(fd);
    pthread_mutex_lock(&lock);
    int result = fails(path) ? -1 : (int)syscall(call, fd);
    if (path) {
        int error = errno;
        record(result ? 'F' : 'S', path, 0, NULL, 0);
        errno = error;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return do_sync(SYS_fsync, fd); }
int fdatasync(int fd) { return do_sync(SYS_fdatasync, fd); }

int unlink(const char *path)
{
    pthread_mutex_lock(&lock);
    int result = is_ours(path) && fails(path) ? -1 : (int)syscall(SYS_unlink, path);
    if (!result && is_ours(path))
        record('U', path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to)
{
    pthread_mutex_lock(&lock);
    int result = is_ours(from) && fails(from) ? -1 : (int)syscall(SYS_rename, from, to);
    if (!result && is_ours(from))
        record('R', from, 0, to, (uint64_t)strlen(to));
    pthread_mutex_unlock(&lock);
    return result;
}

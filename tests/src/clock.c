/* The time of day of a program that a test starts: the machine's, and the
 * seconds in the file KITH_TEST_CLOCK more. Loaded before the C library. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *now)
{
    int done = (int)syscall(SYS_clock_gettime, id, now);
    if (done != 0 || id != CLOCK_REALTIME)
        return done;
    int before = errno;
    const char *name = getenv("KITH_TEST_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        char text[32] = {0};
        if (read(file, text, sizeof text - 1) > 0)
            now->tv_sec += atoll(text);
        close(file);
    }
    errno = before;
    return done;
}

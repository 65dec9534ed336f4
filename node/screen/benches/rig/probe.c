/* Watches one rectangle of two framebuffers in memory (Xvfb -fbdir), without
 * talking to any X server, and writes down every change.
 *   probe SOURCE VIEW x y w h seconds out [X Y W H]
 * SOURCE may be "-". A record: which (one byte: 0 source, 1 view), the moment
 * (double, monotonic seconds), w*h*4 bytes of pixels. With a second rectangle
 * a third kind (2): the first moment after a change of the source at which that
 * rectangle is the same in both. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
static double now() {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
typedef struct {
    uint8_t *p;
    int bpl, w, h;
} Fb;
static int openfb(const char *f, Fb *o) {
    if (!strcmp(f, "-")) {
        o->p = 0;
        return 0;
    }
    int fd = open(f, O_RDONLY);
    if (fd < 0) {
        perror(f);
        exit(1);
    }
    struct stat s;
    fstat(fd, &s);
    uint8_t *m = mmap(0, s.st_size, PROT_READ, MAP_SHARED, fd, 0);
    uint32_t *h = (uint32_t *)m;
    o->w = ntohl(h[4]);
    o->h = ntohl(h[5]);
    o->bpl = ntohl(h[12]);
    o->p = m + ntohl(h[0]) + 12 * ntohl(h[19]);
    return 0;
}
static int same(const Fb *fb, int x, int y, int w, int h) {
    for (int r = y; r < y + h; r++)
        if (memcmp(fb[0].p + (size_t)r * fb[0].bpl + x * 4,
                   fb[1].p + (size_t)r * fb[1].bpl + x * 4, w * 4))
            return 0;
    return 1;
}
int main(int c, char **v) {
    Fb fb[2];
    openfb(v[1], &fb[0]);
    openfb(v[2], &fb[1]);
    int x = atoi(v[3]), y = atoi(v[4]), w = atoi(v[5]), h = atoi(v[6]);
    double dur = atof(v[7]);
    struct sched_param sp = {.sched_priority = 10};
    sched_setscheduler(0, SCHED_FIFO, &sp);
    FILE *o = fopen(v[8], "wb");
    setvbuf(o, 0, _IOFBF, 1 << 22);
    int n = w * h * 4;
    uint8_t *last[2] = {calloc(n, 1), calloc(n, 1)}, *cur = malloc(n);
    double t0 = now();
    struct timespec ts = {0, 200000};
    int first = 1, differs = 0;
    while (1) {
        double t = now();
        if (t - t0 > dur)
            break;
        for (int k = 0; k < 2; k++) {
            if (!fb[k].p)
                continue;
            int ch = first;
            for (int r = 0; r < h && !ch; r++)
                if (memcmp(last[k] + r * w * 4,
                           fb[k].p + (size_t)(y + r) * fb[k].bpl + x * 4, w * 4))
                    ch = 1;
            if (ch) {
                differs |= k == 0;
                double tt = now();
                for (int r = 0; r < h; r++)
                    memcpy(last[k] + r * w * 4,
                           fb[k].p + (size_t)(y + r) * fb[k].bpl + x * 4, w * 4);
                uint8_t kk = k;
                fwrite(&kk, 1, 1, o);
                fwrite(&tt, 8, 1, o);
                fwrite(last[k], 1, n, o);
            }
        }
        first = 0;
        if (c > 12 && differs && same(fb, atoi(v[9]), atoi(v[10]), atoi(v[11]), atoi(v[12]))) {
            double tt = now();
            fputc(2, o);
            fwrite(&tt, 8, 1, o);
            fwrite(last[0], 1, n, o);
            differs = 0;
        }
        nanosleep(&ts, 0);
    }
    fclose(o);
    return 0;
}

/* A long and narrow wire between two network devices, for rig.py --far: what comes
 * in at one goes out at the other at a rate, and later.
 *   wire DEVICE DEVICE milliseconds megabits
 * For each direction what waits for its turn is counted (not what is on its way).
 * On SIGUSR1 the most bytes that waited since the last time are printed: first
 * from the first device, then from the second. Over 256 KB are dropped. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
enum { PACKETS = 4096, LONGEST = 66000, HEAD = sizeof(struct virtio_net_hdr) };
static double now() {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
typedef struct {
    double begins, due;
    int size;
    char *data;
} Packet;
typedef struct {
    int from, to;
    Packet packets[PACKETS];
    unsigned first, next; /* what is here: first up to next */
    double free;          /* when the wire has taken all that came */
    int most;
} Way;
static volatile sig_atomic_t asked;
static void ask(int signal) { asked = 1; }
static int device(const char *name) {
    int s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL)), on = 1;
    struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    a.sll_ifindex = if_nametoindex(name);
    /* Checksums that the sender left to its device go on as such. */
    if (s < 0 || !a.sll_ifindex || setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) ||
        setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) ||
        bind(s, (struct sockaddr *)&a, sizeof a)) {
        perror(name);
        exit(1);
    }
    return s;
}
static int waiting(const Way *w, double t) {
    int bytes = 0;
    for (unsigned i = w->next; i != w->first && w->packets[(i - 1) % PACKETS].begins > t; i--)
        bytes += w->packets[(i - 1) % PACKETS].size;
    return bytes;
}
static void take_in(Way *w, double delay, double rate) {
    static char data[LONGEST];
    int size;
    while ((size = recv(w->from, data, LONGEST, 0)) > HEAD) {
        double t = now();
        int before = waiting(w, t), wire = size - HEAD;
        if (before > 256 * 1024 || w->next - w->first == PACKETS)
            continue;
        if (before + wire > w->most && w->free > t)
            w->most = before + wire;
        Packet *p = &w->packets[w->next++ % PACKETS];
        p->begins = w->free > t ? w->free : t;
        w->free = p->begins + wire / rate;
        p->due = w->free + delay;
        p->size = size;
        p->data = memcpy(malloc(size), data, size);
    }
}
static double give_out(Way *w) {
    for (; w->first != w->next; w->first++) {
        Packet *p = &w->packets[w->first % PACKETS];
        if (p->due > now())
            return p->due;
        if (send(w->to, p->data, p->size, 0) < 0)
            perror("send");
        free(p->data);
    }
    return now() + 1;
}
int main(int c, char **v) {
    static Way ways[2];
    int a = device(v[1]), b = device(v[2]);
    double delay = atof(v[3]) / 1000, rate = atof(v[4]) * 1e6 / 8;
    ways[0].from = ways[1].to = a;
    ways[0].to = ways[1].from = b;
    struct sched_param first = {.sched_priority = 20};
    sched_setscheduler(0, SCHED_FIFO, &first);
    signal(SIGUSR1, ask);
    while (1) {
        double next = now() + 1;
        for (int i = 0; i < 2; i++) {
            take_in(&ways[i], delay, rate);
            double due = give_out(&ways[i]);
            next = due < next ? due : next;
        }
        if (asked) {
            asked = 0;
            printf("%d %d\n", ways[0].most, ways[1].most);
            fflush(stdout);
            ways[0].most = ways[1].most = 0;
        }
        struct pollfd both[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
        double rest = next - now();
        rest = rest < 0 ? 0 : rest;
        struct timespec t = {(time_t)rest, (long)((rest - (time_t)rest) * 1e9)};
        ppoll(both, 2, &t, 0);
    }
}

/* Draws on an X server, for rig.py:
 *   workload bg                wallpaper, half even and half noise; exits
 *   workload video X Y FPS S [R]  640x360 of plasma; the picture's number in
 *                              black and white blocks in its last 12 rows; the
 *                              last one stays for R seconds
 *   workload flip HZ S         the whole screen: a page of text, a photograph,
 *                              in turn; the number at the bottom right
 *   workload drag S            moves the window named by WID at 60 Hz
 *   workload type S N A B      types N random letters, A to A+B seconds apart;
 *                              writes when
 *   workload allow [N]         goes on by N buttons (2: to "Allow control") in
 *                              Kith's question and presses, as the display's own
 *                              keyboard: no command gives control, nor an XTEST
 *                              device. It waits until the question is there and
 *                              can be answered; fails unless it is gone then
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XInput.h>
#include <X11/extensions/XInput2.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>
static double now() {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
static void sleep_until(double t) {
    double d = t - now();
    if (d > 0) {
        struct timespec s = {(time_t)d, (long)((d - (time_t)d) * 1e9)};
        nanosleep(&s, 0);
    }
}
/* Whether Kith asks: its window is private, and no thin edge as those of the frame. */
static int asks(Display *d) {
    Atom mark = XInternAtom(d, "_KITH_PRIVATE", False);
    Window root, parent, *all = 0;
    unsigned n = 0;
    int found = 0;
    XQueryTree(d, DefaultRootWindow(d), &root, &parent, &all, &n);
    for (unsigned i = 0; i < n; i++) {
        XWindowAttributes a;
        Atom type = None;
        int format;
        unsigned long items, rest;
        unsigned char *data = 0;
        if (!XGetWindowAttributes(d, all[i], &a) || a.map_state != IsViewable || a.width < 400 || a.height < 200)
            continue;
        XGetWindowProperty(d, all[i], mark, 0, 1, False, AnyPropertyType, &type, &format, &items,
                           &rest, &data);
        if (data)
            XFree(data);
        found |= type != None;
    }
    if (all)
        XFree(all);
    return found;
}
static int ignore(Display *d, XErrorEvent *e) {
    return 0; /* a window that is gone meanwhile */
}
static int until(Display *d, int wanted, double seconds) {
    for (double end = now() + seconds; asks(d) != wanted; sleep_until(now() + 0.05))
        if (now() > end)
            return 0;
    return 1;
}
static int allow(Display *d, int buttons) {
    int n, id = -1;
    XSetErrorHandler(ignore);
    XIDeviceInfo *all = XIQueryDevice(d, XIAllDevices, &n);
    for (int i = 0; i < n && id < 0; i++)
        if (all[i].use == XISlaveKeyboard && !strstr(all[i].name, "XTEST"))
            id = all[i].deviceid;
    XDevice *keyboard = id < 0 ? 0 : XOpenDevice(d, id);
    if (!keyboard || !until(d, 1, 20)) {
        fprintf(stderr, keyboard ? "no question\n" : "no keyboard\n");
        return 1;
    }
    sleep_until(now() + 2); /* it takes no answer at once */
    for (int i = 0; i < 2 * buttons + 2; i++) {
        KeySym key = i < 2 * buttons ? XK_Tab : XK_Return;
        XTestFakeDeviceKeyEvent(d, keyboard, XKeysymToKeycode(d, key), i % 2 == 0, 0, 0, 0);
    }
    XSync(d, 0);
    return !until(d, 0, 3);
}
static uint32_t rs = 12345;
static uint32_t rnd() {
    rs ^= rs << 13;
    rs ^= rs >> 17;
    rs ^= rs << 5;
    return rs;
}
static void photo(uint32_t *p, int w, int h, int seed) {
    rs = seed * 7919 + 1;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double a = sin(x * 0.011 + seed) + cos(y * 0.013) + sin((x + y) * 0.004) +
                       0.4 * sin(x * 0.07) * cos(y * 0.05);
            int n = (int)(rnd() % 13) - 6;
            int r = 128 + 40 * a + n, g = 120 + 35 * sin(a * 1.7) + n,
                b = 110 + 45 * cos(a * 1.3) + n;
            r = r < 0 ? 0 : r > 255 ? 255 : r;
            g = g < 0 ? 0 : g > 255 ? 255 : g;
            b = b < 0 ? 0 : b > 255 ? 255 : b;
            p[y * w + x] = r << 16 | g << 8 | b;
        }
}
static XImage *mkimg(Display *d, int w, int h, XShmSegmentInfo *s) {
    XImage *im = XShmCreateImage(d, DefaultVisual(d, 0), 24, ZPixmap, 0, s, w, h);
    s->shmid = shmget(IPC_PRIVATE, im->bytes_per_line * h, IPC_CREAT | 0600);
    s->shmaddr = im->data = shmat(s->shmid, 0, 0);
    s->readOnly = 0;
    XShmAttach(d, s);
    XSync(d, 0);
    shmctl(s->shmid, IPC_RMID, 0);
    return im;
}
static void barcode(uint32_t *p, int stride, int x0, int y0, int n) {
    for (int b = 0; b < 16; b++)
        for (int y = 0; y < 12; y++)
            for (int x = 0; x < 20; x++)
                p[(y0 + y) * stride + x0 + b * 20 + x] = (n >> b & 1) ? 0xffffff : 0;
}
int main(int c, char **v) {
    Display *d = XOpenDisplay(0);
    if (!d) {
        fprintf(stderr, "no display\n");
        return 1;
    }
    Window root = DefaultRootWindow(d);
    int W = DisplayWidth(d, 0), H = DisplayHeight(d, 0);
    GC gc = DefaultGC(d, 0);
    if (!strcmp(v[1], "bg")) {
        uint32_t *p = malloc(W * H * 4);
        photo(p, W, H, 1);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W / 2; x++)
                p[y * W + x] = (y * 60 / H + 40) << 8 | 0x203040;
        XImage *im = XCreateImage(d, DefaultVisual(d, 0), 24, ZPixmap, 0, (char *)p, W,
                                  H, 32, 0);
        Pixmap px = XCreatePixmap(d, root, W, H, 24);
        XPutImage(d, px, gc, im, 0, 0, 0, 0, W, H);
        XSetWindowBackgroundPixmap(d, root, px);
        XClearWindow(d, root);
        XSetCloseDownMode(d, RetainPermanent);
        XSync(d, 0);
        return 0;
    }
    if (!strcmp(v[1], "allow"))
        return allow(d, c > 2 ? atoi(v[2]) : 2);
    if (!strcmp(v[1], "drag")) {
        Window w = strtoul(getenv("WID"), 0, 0);
        double S = atof(v[2]), t0 = now();
        int i = 0;
        while (now() - t0 < S) {
            double t = i / 60.0;
            XMoveWindow(d, w, (int)(W / 2 - 350 + 250 * sin(t * 2.1)),
                        (int)(H / 2 - 225 + 120 * sin(t * 1.3 + 1)));
            XFlush(d);
            i++;
            sleep_until(t0 + i / 60.0);
        }
        XSync(d, 0);
        printf("moves %d\n", i);
        return 0;
    }
    if (!strcmp(v[1], "type")) {
        double S = atof(v[2]), t0 = now();
        int n = 0, max = c > 3 ? atoi(v[3]) : 1000;
        double lo = c > 4 ? atof(v[4]) : 0.07, sp = c > 5 ? atof(v[5]) : 0.06;
        rs = getpid() * 2654435761u + 1;
        while (now() - t0 < S && n < max) {
            KeyCode k = XKeysymToKeycode(d, XK_a + rnd() % 26);
            double t = now();
            XTestFakeKeyEvent(d, k, 1, 0);
            XTestFakeKeyEvent(d, k, 0, 0);
            XFlush(d);
            printf("%.6f\n", t);
            fflush(stdout);
            n++;
            double g = lo + (rnd() % 1000) / 1000.0 * sp;
            struct timespec s = {0, (long)(g * 1e9)};
            nanosleep(&s, 0);
        }
        return 0;
    }
    XSetWindowAttributes at = {.override_redirect = 1, .background_pixel = 0};
    if (!strcmp(v[1], "video")) {
        int X = atoi(v[2]), Y = atoi(v[3]), w = 640, h = 360;
        double fps = atof(v[4]), S = atof(v[5]);
        Window win =
            XCreateWindow(d, root, X, Y, w, h, 0, 24, InputOutput, CopyFromParent,
                          CWOverrideRedirect | CWBackPixel, &at);
        XMapRaised(d, win);
        XShmSegmentInfo s;
        XImage *im = mkimg(d, w, h, &s);
        uint32_t *p = (uint32_t *)im->data;
        static uint8_t st[4096];
        for (int i = 0; i < 4096; i++)
            st[i] = 128 + 127 * sin(i * 2 * M_PI / 1024);
        static uint32_t pal[256];
        for (int i = 0; i < 256; i++)
            pal[i] = (int)(128 + 127 * sin(i * 2 * M_PI / 256)) << 16 |
                     (int)(128 + 127 * sin(i * 2 * M_PI / 256 + 2)) << 8 |
                     (int)(128 + 127 * sin(i * 2 * M_PI / 256 + 4));
        double t0 = now();
        int i = 0;
        while (now() - t0 < S) {
            for (int y = 0; y < h; y++) {
                int ay = st[(y * 4 + i * 9) & 1023], by = y * 3 - i * 5;
                for (int x = 0; x < w; x++) {
                    int q = ay + st[(x * 3 + i * 7) & 1023] + st[(x * 2 + by) & 1023] +
                            st[((x + y) * 2 + i * 11) & 1023];
                    p[y * w + x] = pal[(q >> 1) & 255];
                }
            }
            barcode(p, w, w - 320, h - 12, i + 1);
            XShmPutImage(d, win, gc, im, 0, 0, 0, 0, w, h, 0);
            XSync(d, 0);
            i++;
            sleep_until(t0 + i / fps);
        }
        if (c > 6)
            sleep_until(now() + atof(v[6]));
        printf("frames %d\n", i);
        return 0;
    }
    if (!strcmp(v[1], "flip")) {
        double hz = atof(v[2]), S = atof(v[3]);
        Window win =
            XCreateWindow(d, root, 0, 0, W, H, 0, 24, InputOutput, CopyFromParent,
                          CWOverrideRedirect | CWBackPixel, &at);
        XShmSegmentInfo s1, s2;
        XImage *a = mkimg(d, W, H, &s1), *b = mkimg(d, W, H, &s2);
        photo((uint32_t *)b->data, W, H, 3);
        uint32_t *p = (uint32_t *)a->data;
        for (int i = 0; i < W * H; i++)
            p[i] = 0xffffff;
        /* text-like page: glyphs rendered by the X server into a pixmap, then read back
         */
        Pixmap px = XCreatePixmap(d, win, W, H, 24);
        XSetForeground(d, gc, 0xffffff);
        XFillRectangle(d, px, gc, 0, 0, W, H);
        XSetForeground(d, gc, 0x101010);
        XFontStruct *f = XLoadQueryFont(d, "9x15");
        if (f)
            XSetFont(d, gc, f->fid);
        rs = 99;
        for (int y = 20; y < H - 20; y += 17) {
            char l[256];
            int n = 0;
            while (n < 200) {
                int wl = 2 + rnd() % 9;
                for (int k = 0; k < wl && n < 200; k++)
                    l[n++] = 'a' + rnd() % 26;
                l[n++] = ' ';
            }
            XSetForeground(d, gc, (rnd() % 6) ? 0x101010 : 0x0040a0);
            XDrawString(d, px, gc, 20, y, l, n > 200 ? 200 : n);
        }
        XImage *t = XGetImage(d, px, 0, 0, W, H, AllPlanes, ZPixmap);
        memcpy(a->data, t->data, (size_t)W * H * 4);
        XMapRaised(d, win);
        XSync(d, 0);
        double t0 = now();
        int i = 0;
        while (now() - t0 < S) {
            XImage *im = (i & 1) ? b : a;
            barcode((uint32_t *)im->data, W, W - 320, H - 12, i + 1);
            XShmPutImage(d, win, gc, im, 0, 0, 0, 0, W, H, 0);
            XSync(d, 0);
            i++;
            sleep_until(t0 + i / hz);
        }
        printf("flips %d\n", i);
        return 0;
    }
    return 1;
}

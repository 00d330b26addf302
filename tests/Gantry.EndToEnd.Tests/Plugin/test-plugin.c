// A plugin for tests: answers Docker's plugin protocol on /run/docker/plugins/test.sock. It is linked statically, so that it is the whole root file system.
// With MEMORY=1 each mounted volume is a tmpfs of its own; the argument "fail" makes it end at once, "deaf" makes it never listen.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "/mnt/volumes"

// The value of a string member; names are plain words here.
static void member(const char *json, const char *name, char *value, size_t size) {
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(json, key);
    value[0] = 0;
    if (at) {
        at += strlen(key);
        size_t n = strcspn(at, "\"");
        if (n >= size) n = size - 1;
        memcpy(value, at, n);
        value[n] = 0;
    }
}

// Appends what comes out of a pipe to /logged, in a process of its own. The pipe is opened before the answer, which waits for its other end, as in
// Docker's own sample plugin.
static void copy_log(const char *pipe) {
    static char buffer[1 << 16];
    int from = open(pipe, O_RDONLY);
    if (fork()) {
        close(from);
        return;
    }
    int to = open("/logged", O_WRONLY | O_CREAT | O_APPEND, 0644);
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;) {
        if (write(to, buffer, n) != n) break;
    }
    _exit(0);
}

// Keeps what the engine's socket says in /metrics.
static int fetch_metrics(void) {
    static char buffer[1 << 16];
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/docker/metrics.sock"};
    int from = socket(AF_UNIX, SOCK_STREAM, 0), to = open("/metrics", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (connect(from, (struct sockaddr *)&address, sizeof address) || write(from, request, sizeof request - 1) < 0) return -1;
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;) {
        if (write(to, buffer, n) != n) return -1;
    }
    close(from);
    close(to);
    return 0;
}

static void answer(const char *path, const char *body, char *out, size_t size) {
    char name[256], place[512];
    struct stat st;
    member(body, "Name", name, sizeof name);
    snprintf(place, sizeof place, ROOT "/%s", name);
    snprintf(out, size, "{}");
    if (!strcmp(path, "/Plugin.Activate")) {
        snprintf(out, size, "{\"Implements\":[\"VolumeDriver\",\"NetworkDriver\",\"IpamDriver\",\"authz\"]}");
    } else if (!strcmp(path, "/VolumeDriver.Create")) {
        mkdir(ROOT, 0755);
        mkdir(place, 0755);
    } else if (!strcmp(path, "/VolumeDriver.Remove")) {
        rmdir(place);
    } else if (!strcmp(path, "/VolumeDriver.Mount")) {
        if (getenv("MEMORY") && mount("tmpfs", place, "tmpfs", 0, 0)) snprintf(out, size, "{\"Err\":\"mount: %s\"}", strerror(errno));
        else snprintf(out, size, "{\"Mountpoint\":\"%s\"}", place);
    } else if (!strcmp(path, "/VolumeDriver.Unmount")) {
        if (getenv("MEMORY")) umount2(place, MNT_DETACH);
    } else if (!strcmp(path, "/VolumeDriver.Get")) {
        if (stat(place, &st)) snprintf(out, size, "{\"Err\":\"no such volume\"}");
        else snprintf(out, size, "{\"Volume\":{\"Name\":\"%s\",\"Mountpoint\":\"%s\"}}", name, place);
    } else if (!strcmp(path, "/VolumeDriver.Path")) {
        snprintf(out, size, "{\"Mountpoint\":\"%s\"}", place);
    } else if (!strcmp(path, "/VolumeDriver.List")) {
        snprintf(out, size, "{\"Volumes\":[]}");
    } else if (!strcmp(path, "/VolumeDriver.Capabilities")) {
        snprintf(out, size, "{\"Capabilities\":{\"Scope\":\"local\"}}");
    } else if (!strcmp(path, "/NetworkDriver.GetCapabilities")) {
        snprintf(out, size, "{\"Scope\":\"local\"}");
    } else if (!strcmp(path, "/IpamDriver.GetDefaultAddressSpaces")) {
        snprintf(out, size, "{\"LocalDefaultAddressSpace\":\"here\",\"GlobalDefaultAddressSpace\":\"there\"}");
    } else if (!strcmp(path, "/IpamDriver.RequestPool")) {
        snprintf(out, size, "{\"PoolID\":\"pool\",\"Pool\":\"10.213.7.0/24\"}");
    } else if (!strcmp(path, "/IpamDriver.RequestAddress")) {
        snprintf(out, size, "{\"Address\":\"10.213.7.%d/24\"}", strstr(body, "gateway") ? 1 : 77);
    } else if (!strcmp(path, "/MetricsCollector.StartMetrics")) {
        if (fetch_metrics()) snprintf(out, size, "{\"Err\":\"no metrics: %s\"}", strerror(errno));
    } else if (!strcmp(path, "/MetricsCollector.StopMetrics")) {
        rename("/metrics", "/metrics-ended");
    } else if (!strcmp(path, "/LogDriver.StartLogging")) {
        member(body, "File", place, sizeof place);
        copy_log(place);
    } else if (!strncmp(path, "/AuthZPlugin.", 13)) {
        snprintf(out, size, strstr(body, "forbidden") ? "{\"Allow\":false,\"Msg\":\"not for you\"}" : "{\"Allow\":true}");
    }
}

static void serve(int fd) {
    static char head[1 << 16], body[1 << 20], out[1 << 16];
    for (;;) {
        size_t n = 0;
        while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4)) {
            if (n == sizeof head - 1 || read(fd, head + n, 1) != 1) exit(0);
            n++;
        }
        head[n] = 0;
        size_t length = 0, got = 0;
        char *at = strcasestr(head, "Content-Length:");
        if (at) length = strtoul(at + 15, 0, 10);
        if (strcasestr(head, "Transfer-Encoding: chunked")) {
            size_t chunk;
            do {
                char line[32]; size_t l = 0;
                while (l < sizeof line - 1 && read(fd, line + l, 1) == 1 && line[l++] != '\n') { }
                line[l] = 0;
                chunk = strtoul(line, 0, 16);
                size_t end = got + chunk + 2;
                while (got < end) { ssize_t r = read(fd, body + got, end - got); if (r <= 0) exit(0); got += r; }
                got -= 2;
            } while (chunk);
        } else {
            while (got < length) { ssize_t r = read(fd, body + got, length - got); if (r <= 0) exit(0); got += r; }
        }
        body[got] = 0;
        char path[256] = "";
        sscanf(head, "%*s %255s", path);
        fprintf(stderr, "%s %s\n", path, body);
        answer(path, body, out, sizeof out);
        dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.plugins.v1.1+json\r\nContent-Length: %zu\r\n\r\n%s", strlen(out), out);
    }
}

static void end(int signal) { (void)signal; unlink("/run/docker/plugins/test.sock"); _exit(0); }

int main(int argc, char **argv) {
    signal(SIGCHLD, SIG_IGN);
    signal(SIGTERM, end);
    for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
    fflush(stdout);
    if (argc > 1 && !strcmp(argv[1], "fail")) return 3;
    if (argc > 1 && !strcmp(argv[1], "deaf")) for (;;) pause();
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/docker/plugins/test.sock"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(address.sun_path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) { perror("listen"); return 1; }
    for (;;) {
        int fd = accept(listener, 0, 0);
        if (fd >= 0 && fork() == 0) { close(listener); serve(fd); }
        if (fd >= 0) close(fd);
    }
}

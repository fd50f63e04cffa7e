/* The least that recording in SQLite before forwarding can cost: a relay that does this and nothing else, in C.

   Each pass of its loop reads what is there, inserts a row for each chunk as if it were one text frame, commits, and
   hands everything on. It checks nothing, ends nothing properly, and knows neither fragments nor compression: it is here
   to be measured beside the hub (relay.py --floor).

   cc -O2 -o floor floor.c -lsqlite3 && ./floor PORT_OF_THE_CSMS FILE      prints the port that it listens on */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOCKETS = 65536, AT_ONCE = 1024, CHUNK = 16384, PAGE = 2048, LOG_BYTES = 16 << 20 };

static const char *SCHEMA =
    "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;"
    "CREATE TABLE frame (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, at INTEGER NOT NULL,"
    " side TEXT NOT NULL CHECK (side IN ('station', 'csms')), opcode INTEGER NOT NULL, fin INTEGER NOT NULL,"
    " rsv INTEGER NOT NULL, masked INTEGER NOT NULL, size INTEGER NOT NULL, payload NOT NULL, unread TEXT)";

struct leg { int peer, session, is_station, is_upgraded; };
struct chunk { int to, size; unsigned char *bytes; };

static struct leg legs[SOCKETS];
static struct chunk chunks[AT_ONCE];
static unsigned char pool[AT_ONCE * CHUNK];
static sqlite3 *db;
static sqlite3_stmt *insert, *begin, *commit;
static sqlite3_int64 marks;
static int log_pages;

static void give_up(const char *what) { fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db)); exit(1); }

static int note_log(void *_, sqlite3 *db_, const char *name, int pages) { log_pages = pages; return SQLITE_OK; }

static void run(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) give_up("step");
    sqlite3_reset(statement);
}

static void open_recording(const char *path) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db, flags, NULL) || sqlite3_exec(db, SCHEMA, NULL, NULL, NULL)) give_up(path);
    sqlite3_wal_hook(db, note_log, NULL);
    sqlite3_prepare_v3(db, "INSERT INTO frame VALUES (?,?,?,?,1,1,0,?,?,?,NULL)", -1, 1, &insert, NULL);
    sqlite3_prepare_v3(db, "BEGIN IMMEDIATE", -1, 1, &begin, NULL);
    sqlite3_prepare_v3(db, "COMMIT", -1, 1, &commit, NULL);
}

static void record(const struct leg *leg, const unsigned char *frame, int size) {
    static char plain[CHUNK];
    struct timespec now;
    int length = frame[1] & 127, body = length == 126 ? 4 : 2, is_masked = frame[1] >> 7;
    if (length == 126) length = frame[2] << 8 | frame[3];
    const char *payload = (const char *)frame + body;
    if (is_masked) {
        for (int i = 0; i < length && i < CHUNK - 8; i++) plain[i] = frame[body + 4 + i] ^ frame[body + (i & 3)];
        payload = plain;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    sqlite3_bind_int64(insert, 1, ++marks);
    sqlite3_bind_int(insert, 2, leg->session);
    sqlite3_bind_int64(insert, 3, now.tv_sec * 1000000000LL + now.tv_nsec);
    sqlite3_bind_text(insert, 4, leg->is_station ? "station" : "csms", -1, SQLITE_STATIC);
    sqlite3_bind_int(insert, 5, is_masked);
    sqlite3_bind_int(insert, 6, size);
    sqlite3_bind_text(insert, 7, payload, length, SQLITE_STATIC);
    run(insert);
}

static void watch(int epoll, int fd) {
    int yes = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void connect_through(int epoll, int listener, int port) {
    static int sessions;
    struct sockaddr_in csms = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int station = accept(listener, NULL, NULL), upstream = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(upstream, (struct sockaddr *)&csms, sizeof csms)) give_up("connect");
    legs[station] = (struct leg){upstream, ++sessions, 1, 0};
    legs[upstream] = (struct leg){station, sessions, 0, 0};
    watch(epoll, station);
    watch(epoll, upstream);
}

int main(int argc, char **argv) {
    if (argc != 3) { fprintf(stderr, "usage: floor PORT_OF_THE_CSMS FILE\n"); return 2; }
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
    open_recording(argv[2]);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1024)) give_up("listen");
    getsockname(listener, (struct sockaddr *)&here, &length);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    watch(epoll, listener);
    for (;;) {
        static struct epoll_event ready[AT_ONCE];
        int found = epoll_wait(epoll, ready, AT_ONCE, -1), waiting = 0, is_open = 0;
        unsigned char *unused = pool;
        for (int i = 0; i < found; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) { connect_through(epoll, listener, atoi(argv[1])); continue; }
            struct leg *leg = &legs[fd];
            struct chunk *chunk = &chunks[waiting];
            chunk->to = leg->peer;
            chunk->bytes = unused;
            chunk->size = recv(fd, unused, CHUNK, 0);
            if (chunk->size <= 0) { close(leg->peer); close(fd); continue; }
            if (leg->is_upgraded) {
                if (!is_open) run(begin);
                is_open = 1;
                record(leg, chunk->bytes, chunk->size);
            }
            leg->is_upgraded = 1;
            unused += chunk->size;
            waiting++;
        }
        if (is_open) run(commit);
        for (int i = 0; i < waiting; i++) send(chunks[i].to, chunks[i].bytes, chunks[i].size, MSG_NOSIGNAL);
        if (log_pages > LOG_BYTES / PAGE) {
            sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
            log_pages = 0;
        }
    }
}

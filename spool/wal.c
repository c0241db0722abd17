/* The format: https://www.sqlite.org/fileformat2.html#walformat. Each frame's checksum goes on from that of the frame before, which
 * that one holds: so frames behind a bad one can be verified again from its second on. */
#include "spool/wal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 32
#define FRAME_HEAD 24
#define MAGIC 0x377f0682u /* and 1 for checksums over big-endian words */
#define PAGE_MAX 65536
#define COMMITS_FOR_PROOF 2

typedef struct {
    int file;
    bool big_endian;
    uint32_t page_bytes;
    uint8_t salts[8];
    uint32_t sum[2]; /* up to the frame that was read last, as it says */
    uint8_t frame[FRAME_HEAD + PAGE_MAX];
} Wal;

static uint32_t get(const uint8_t *at, bool big_endian)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return big_endian ? GUINT32_FROM_BE(word) : GUINT32_FROM_LE(word);
}

static void add(const Wal *wal, const uint8_t *bytes, size_t size, uint32_t sum[2])
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        sum[0] += get(bytes + i, wal->big_endian) + sum[1];
        sum[1] += get(bytes + i + 4, wal->big_endian) + sum[0];
    }
}

static bool read_head(Wal *wal)
{
    uint8_t head[HEAD];
    uint32_t sum[2] = {0, 0};
    if (pread(wal->file, head, HEAD, 0) != HEAD || (get(head, true) & ~1u) != MAGIC) {
        return false;
    }
    wal->big_endian = get(head, true) & 1;
    wal->page_bytes = get(head + 8, true);
    memcpy(wal->salts, head + 16, sizeof wal->salts);
    add(wal, head, 24, sum);
    wal->sum[0] = get(head + 24, true);
    wal->sum[1] = get(head + 28, true);
    return wal->sum[0] == sum[0] && wal->sum[1] == sum[1] && wal->page_bytes >= 512 &&
           wal->page_bytes <= PAGE_MAX && wal->page_bytes % 8 == 0;
}

typedef enum { END, GOOD, BAD } Frame;

/* A frame of another salt is one that was there before the log began anew: the end. */
static Frame read_frame(Wal *wal, uint64_t number, bool *commits)
{
    size_t size = FRAME_HEAD + wal->page_bytes;
    uint8_t *frame = wal->frame;
    if (pread(wal->file, frame, size, (off_t)(HEAD + number * size)) != (ssize_t)size ||
        memcmp(frame + 8, wal->salts, sizeof wal->salts) != 0) {
        return END;
    }
    uint32_t sum[2] = {wal->sum[0], wal->sum[1]};
    add(wal, frame, 8, sum);
    add(wal, frame + FRAME_HEAD, wal->page_bytes, sum);
    wal->sum[0] = get(frame + 16, true);
    wal->sum[1] = get(frame + 20, true);
    *commits = get(frame + 4, true) != 0;
    return sum[0] == wal->sum[0] && sum[1] == wal->sum[1] ? GOOD : BAD;
}

/* A frame whose own salt was altered ends the log, too: so the look goes on for some frames behind the end. */
#define BEYOND_END 64

static unsigned count_cut_off(Wal *wal)
{
    unsigned commits_behind = 0;
    uint64_t number = 0, end = 0;
    bool is_behind = false;
    while (end <= BEYOND_END) {
        bool commits = false;
        Frame frame = read_frame(wal, number++, &commits);
        end = frame == END ? end + 1 : 0;
        commits_behind += is_behind && frame == GOOD && commits;
        is_behind = is_behind || frame != GOOD;
    }
    return commits_behind >= COMMITS_FOR_PROOF ? commits_behind : 0;
}

unsigned ht_spool_wal_cut_off(const char *path)
{
    g_autofree Wal *wal = g_new0(Wal, 1);
    wal->file = open(path, O_RDONLY | O_CLOEXEC);
    if (wal->file < 0) {
        return 0;
    }
    unsigned commits = read_head(wal) ? count_cut_off(wal) : 0;
    close(wal->file);
    return commits;
}

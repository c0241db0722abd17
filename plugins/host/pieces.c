/* Payloads that come in several frames: gathered here, where the memory limit is, not in the bus. Runs in
 * hutong-host. Several may be open at once, with whole messages in between. */
#include "plugins/host/worker.h"

typedef struct {
    HtBuffer head;
    HtBuffer body;
    bool too_long; /* the rest is thrown away as it comes */
} Pieces;

static void free_pieces(void *data)
{
    Pieces *pieces = data;
    ht_buffer_clear(&pieces->head);
    ht_buffer_clear(&pieces->body);
    g_free(pieces);
}

static Pieces *find_pieces(HtWorker *worker, uint64_t ticket)
{
    return worker->pieces ? g_hash_table_lookup(worker->pieces, &ticket) : NULL;
}

bool ht_pieces_begin(HtWorker *worker, uint64_t ticket, HtText head)
{
    if (!worker->pieces) {
        worker->pieces = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_pieces);
    }
    if (find_pieces(worker, ticket)) {
        return false;
    }
    Pieces *pieces = g_new0(Pieces, 1);
    ht_buffer_add_text(&pieces->head, head);
    g_hash_table_insert(worker->pieces, g_memdup2(&ticket, sizeof ticket), pieces);
    return true;
}

/* Twice the limit on the document: it counts after transcoding, which halves at most. */
static bool is_too_long(const HtWorker *worker, size_t size)
{
    return size > 2 * worker->start.limits.document_bytes;
}

bool ht_pieces_add(HtWorker *worker, uint64_t ticket, HtText bytes)
{
    Pieces *pieces = find_pieces(worker, ticket);
    if (!pieces) {
        return false;
    }
    if (pieces->too_long || is_too_long(worker, pieces->body.size + bytes.size)) {
        pieces->too_long = true;
        ht_buffer_clear(&pieces->body);
        return true;
    }
    ht_worker_take(worker, ticket); /* whose memory it is, should there be no more */
    ht_buffer_add_text(&pieces->body, bytes);
    ht_worker_take(worker, 0);
    return true;
}

bool ht_pieces_end(HtWorker *worker, uint64_t ticket)
{
    Pieces *pieces = find_pieces(worker, ticket);
    if (!pieces || !ht_message_unpack(ht_buffer_text(&pieces->head), &worker->head, NULL)) {
        return false;
    }
    worker->in_pieces = true;
    if (pieces->too_long) {
        HtFault fault;
        const HtLimits *limits = &worker->start.limits;
        ht_fault_set_limit(&fault, "document-too-long", "The payload has",
                           ht_limit_of(limits, &limits->document_bytes), ": send it in smaller parts.");
        ht_worker_refuse(worker, ticket, &fault);
    } else {
        ht_worker_decode(worker, ticket, ht_buffer_text(&pieces->body));
    }
    g_hash_table_remove(worker->pieces, &ticket);
    return true;
}

void ht_pieces_abort(HtWorker *worker, uint64_t ticket)
{
    if (worker->pieces) {
        g_hash_table_remove(worker->pieces, &ticket);
    }
}

/* The mailbox: filled on the writer, reader and main threads, opened on the main thread. */
#include "spool/mailbox.h"

struct HtSpoolMailbox {
    GMutex lock;
    HtSpoolLetters letters; /* under the lock */
    GSource *source;
    void (*after)(void *user);
    void *user;
};

typedef struct {
    GSource source;
    HtSpoolMailbox *mailbox;
} MailboxSource;

void ht_spool_letters_add(HtSpoolLetters *letters, HtSpoolLetter *letter)
{
    letter->next = NULL;
    if (letters->last) {
        letters->last->next = letter;
    } else {
        letters->first = letter;
    }
    letters->last = letter;
}

HtSpoolLetter *ht_spool_letters_take(HtSpoolLetters *letters)
{
    HtSpoolLetter *letter = letters->first;
    if (letter) {
        letters->first = letter->next;
        letters->last = letters->first ? letters->last : NULL;
        letter->next = NULL;
    }
    return letter;
}

static bool open_all(HtSpoolMailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    HtSpoolLetters letters = mailbox->letters;
    mailbox->letters = (HtSpoolLetters){NULL, NULL};
    g_mutex_unlock(&mailbox->lock);
    bool any = letters.first != NULL;
    HtSpoolLetter *letter;
    while ((letter = ht_spool_letters_take(&letters))) {
        letter->open(letter);
    }
    return any;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
    (void)callback;
    (void)user;
    HtSpoolMailbox *mailbox = ((MailboxSource *)source)->mailbox;
    g_source_set_ready_time(source, -1); /* before taking: what is posted from now on makes it ready again */
    open_all(mailbox);
    mailbox->after(mailbox->user);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_functions = {.dispatch = dispatch};

HtSpoolMailbox *ht_spool_mailbox_new(GMainContext *context, void (*after)(void *user), void *user)
{
    HtSpoolMailbox *mailbox = g_new0(HtSpoolMailbox, 1);
    g_mutex_init(&mailbox->lock);
    mailbox->after = after;
    mailbox->user = user;
    mailbox->source = g_source_new(&source_functions, sizeof(MailboxSource));
    ((MailboxSource *)mailbox->source)->mailbox = mailbox;
    g_source_set_name(mailbox->source, "spool");
    g_source_attach(mailbox->source, context);
    return mailbox;
}

void ht_spool_mailbox_free(HtSpoolMailbox *mailbox)
{
    if (!mailbox) {
        return;
    }
    g_source_destroy(mailbox->source);
    while (open_all(mailbox)) { /* a callback may have posted another */
    }
    g_source_unref(mailbox->source);
    g_mutex_clear(&mailbox->lock);
    g_free(mailbox);
}

void ht_spool_mailbox_post(HtSpoolMailbox *mailbox, HtSpoolLetters *letters)
{
    if (!letters->first) {
        return;
    }
    g_mutex_lock(&mailbox->lock);
    bool was_empty = !mailbox->letters.first;
    if (was_empty) {
        mailbox->letters = *letters;
    } else {
        mailbox->letters.last->next = letters->first;
        mailbox->letters.last = letters->last;
    }
    g_mutex_unlock(&mailbox->lock);
    *letters = (HtSpoolLetters){NULL, NULL};
    if (was_empty) {
        g_source_set_ready_time(mailbox->source, 0);
    }
}

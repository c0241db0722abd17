spool_SRC := spool/spool.c spool/key.c spool/hooks.c spool/database.c spool/schema.c spool/hash.c spool/keymap.c \
	spool/keys.c spool/row.c spool/places.c spool/damage.c spool/rows.c spool/migrate.c spool/mark.c spool/wal.c spool/page.c spool/messages.c spool/content.c spool/amend.c spool/ties.c \
	spool/subject.c spool/mend.c spool/repair.c spool/job.c spool/append.c spool/pieces.c \
	spool/quarantine.c spool/finished.c spool/cursor.c spool/disk.c spool/checkpoint.c spool/commit.c spool/queue.c spool/writer.c spool/completions.c spool/reader.c \
	spool/subject.c spool/mend.c spool/repair.c spool/job.c spool/append.c \
	spool/quarantine.c spool/finished.c spool/deed.c spool/standing.c spool/delivery.c spool/cursor.c spool/disk.c spool/checkpoint.c spool/commit.c spool/queue.c spool/writer.c spool/completions.c spool/reader.c \
	spool/check.c spool/look.c spool/status.c
spool_SRC += spool/history.c spool/days.c
spool_SRC += spool/tail.c spool/estate.c
spool_SRC += spool/walk.c spool/salvage.c spool/backup.c
spool_SRC += spool/trail.c spool/foretell.c
spool_SRC += spool/held.c spool/chore.c spool/stock.c spool/hollow.c spool/keeping.c
spool_SRC += spool/filter.c spool/block.c spool/blocks.c spool/segment.c spool/maker.c spool/merging.c spool/index.c spool/index-walk.c spool/words.c
spool_SRC += spool/migrate-keys.c spool/check-keys.c
spool_SRC += spool/aead.c spool/vault.c spool/vault-copy.c spool/reasons.c spool/sealer.c spool/sealed-row.c spool/seal-older.c spool/sealed-use.c
spool_SRC += spool/turns.c spool/rise.c spool/payload.c spool/legible.c spool/roots.c

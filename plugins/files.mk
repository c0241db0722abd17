# Shared by the bus and hutong-host.
frame_SRC := plugins/frame.c plugins/start.c plugins/loader.c plugins/layer.c

# hutong-host, the process that runs one source's adapter.
host_SRC := plugins/host/services.c plugins/host/setup.c plugins/host/outcome.c plugins/host/pieces.c plugins/host/memory.c plugins/host/main.c

# Who signed a message, for hutong-host-signed.
signature_SRC := plugins/signature/tree.c plugins/signature/parts.c plugins/signature/signers.c plugins/signature/verify.c plugins/signature/signature.c

# The box around it.
box_SRC := plugins/box/object.c plugins/box/libraries.c plugins/box/trap.c plugins/box/filter.c plugins/box/landlock.c \
	plugins/box/namespaces.c plugins/box/box.c

# The bus's side.
supervisor_SRC := plugins/process.c plugins/outbox.c plugins/scrub.c plugins/strikes.c plugins/tickets.c plugins/run.c plugins/heard.c plugins/said.c plugins/reading.c \
	plugins/watch.c plugins/supervisor.c

# What `hutong adapter new` copies.
template_DATA := plugins/template/skeleton.c plugins/template/skeleton.xml plugins/template/Makefile \
	plugins/template/README.md plugins/template/fixtures/example.xml \
	plugins/template/fixtures/example.expected.json

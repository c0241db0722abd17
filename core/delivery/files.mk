delivery_SRC := core/delivery/route.c core/delivery/policy-rules.c core/delivery/policy.c core/delivery/purpose.c core/delivery/backoff.c \
	core/delivery/rendered.c core/delivery/sender.c core/delivery/reason.c core/delivery/signature.c core/delivery/webhook.c \
	core/delivery/lease.c core/delivery/pull-request.c core/delivery/pull.c core/delivery/out.c core/delivery/batchfile.c core/delivery/file.c \
	core/delivery/window.c core/delivery/window-row.c core/delivery/window-known.c core/delivery/window-hold.c core/delivery/state.c core/delivery/test-event.c core/delivery/reading.c core/delivery/consumer.c core/delivery/judge.c core/delivery/health.c core/delivery/delivery.c core/delivery/status.c
delivery_SRC += core/delivery/settle.c core/delivery/replay.c core/delivery/succession.c
delivery_SRC += core/delivery/validation.c

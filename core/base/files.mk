base_SRC := core/base/buffer.c core/base/beside.c core/base/pack.c core/base/clock.c core/base/timer.c core/base/uuid.c core/base/json.c core/base/digest.c core/base/xml.c core/base/media-type.c core/base/figures.c core/base/log.c \
	core/base/fault.c core/base/event.c core/base/identity.c core/base/event-json.c core/base/event-digest.c core/base/outcome.c \
	core/base/paths.c core/base/private.c core/base/users.c core/base/user.c core/base/unix-socket.c core/base/forms.c core/base/citizen.c core/base/limits.c core/base/message-head.c core/base/secrets.c core/base/not-understood.c

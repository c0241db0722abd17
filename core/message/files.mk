message_SRC := core/message/message.c core/message/keep.c core/message/vet.c core/message/beginning.c core/message/room.c

demo_PROGRAM := tests/demo/demo.c tests/demo/life.c tests/demo/life-steps.c tests/demo/samples.c tests/demo/crash.c \
	tests/demo/send.c tests/demo/table.c
demo_LIBS := admin base

demo_PROGRAM := tests/demo/demo.c tests/demo/step.c tests/demo/steps.c tests/demo/crash.c tests/demo/table.c
demo_LIBS := admin base

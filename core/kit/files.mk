kit_SRC := core/kit/kit.c core/kit/swallow.c core/kit/leaves.c core/kit/dropped.c core/kit/try.c core/kit/damage.c core/kit/endure.c core/kit/look.c core/kit/places.c \
	core/kit/mismatch.c core/kit/expectation.c core/kit/digest.c core/kit/item.c core/kit/gate.c core/kit/report.c

# The rooms, as a linker wants them: what stands below comes later.
engine_ROOMS := outline wsdl run record match compile rules read parts service values reference text

engine-text_SRC := \
	mappings/engine/text/convert.c \
	mappings/engine/text/judge.c \
	mappings/engine/text/prolog.c \
	mappings/engine/text/recode.c \
	mappings/engine/text/scan.c \
	mappings/engine/text/text.c \
	mappings/engine/text/value.c

engine-reference_SRC := \
	mappings/engine/reference/about.c \
	mappings/engine/reference/dictionary.c \
	mappings/engine/reference/boundaries.c \
	mappings/engine/reference/divisions.c \
	mappings/engine/reference/document.c \
	mappings/engine/reference/lookup.c \
	mappings/engine/reference/reference.c \
	mappings/engine/reference/tables.c

engine-values_SRC := \
	mappings/engine/values/alter.c \
	mappings/engine/values/convert-number.c \
	mappings/engine/values/convert.c \
	mappings/engine/values/dates-epoch.c \
	mappings/engine/values/dates-scan.c \
	mappings/engine/values/dates-tokens.c \
	mappings/engine/values/dates-words.c \
	mappings/engine/values/dates-write.c \
	mappings/engine/values/dates-zone.c \
	mappings/engine/values/dates.c \
	mappings/engine/values/filler.c \
	mappings/engine/values/fit.c \
	mappings/engine/values/idnumber.c \
	mappings/engine/values/mask.c \
	mappings/engine/values/number-fold.c

engine-service_SRC := \
	mappings/engine/service/service.c \
	mappings/engine/service/soap-action.c

engine-parts_SRC := \
	mappings/engine/parts/container.c \
	mappings/engine/parts/mime-type.c \
	mappings/engine/parts/mime.c \
	mappings/engine/parts/unzip.c

engine-read_SRC := \
	mappings/engine/read/attach.c \
	mappings/engine/read/envelope.c \
	mappings/engine/read/jsondoc.c \
	mappings/engine/read/markup.c \
	mappings/engine/read/multiref.c \
	mappings/engine/read/reader.c \
	mappings/engine/read/repair-characters.c \
	mappings/engine/read/repair-comments.c \
	mappings/engine/read/repair-steps.c \
	mappings/engine/read/repair-tags.c \
	mappings/engine/read/repair.c \
	mappings/engine/read/sax-fault.c \
	mappings/engine/read/sax-tags.c \
	mappings/engine/read/sax.c \
	mappings/engine/read/soap-aside.c \
	mappings/engine/read/soap-form.c \
	mappings/engine/read/soap-header.c mappings/engine/read/soap-security.c \
	mappings/engine/read/strings.c

engine-rules_SRC := \
	mappings/engine/rules/flag.c \
	mappings/engine/rules/mapping.c \
	mappings/engine/rules/when.c \
	mappings/engine/rules/xpathrec.c

engine-compile_SRC := \
	mappings/engine/compile/block.c \
	mappings/engine/compile/compile.c \
	mappings/engine/compile/count.c mappings/engine/compile/dated.c \
	mappings/engine/compile/define.c \
	mappings/engine/compile/element.c \
	mappings/engine/compile/event.c \
	mappings/engine/compile/fields.c \
	mappings/engine/compile/flag.c \
	mappings/engine/compile/grammar.c \
	mappings/engine/compile/identity.c \
	mappings/engine/compile/literal.c \
	mappings/engine/compile/nest.c \
	mappings/engine/compile/operation.c \
	mappings/engine/compile/path.c \
	mappings/engine/compile/payload.c \
	mappings/engine/compile/report.c \
	mappings/engine/compile/service.c \
	mappings/engine/compile/table.c \
	mappings/engine/compile/time.c \
	mappings/engine/compile/when.c

engine-match_SRC := \
	mappings/engine/match/action-value.c \
	mappings/engine/match/alteration.c \
	mappings/engine/match/clean.c \
	mappings/engine/match/count.c \
	mappings/engine/match/form.c \
	mappings/engine/match/match.c \
	mappings/engine/match/nest.c \
	mappings/engine/match/store.c \
	mappings/engine/match/tree.c \
	mappings/engine/match/values.c \
	mappings/engine/match/wait.c \
	mappings/engine/match/when.c

engine-record_SRC := \
	mappings/engine/record/data.c \
	mappings/engine/record/head.c \
	mappings/engine/record/identity.c \
	mappings/engine/record/note.c \
	mappings/engine/record/record.c \
	mappings/engine/record/time.c \
	mappings/engine/record/value.c

engine-outline_SRC := mappings/engine/outline/outline.c

engine-run_SRC := \
	mappings/engine/run/answer.c \
	mappings/engine/run/aside.c \
	mappings/engine/run/filter.c \
	mappings/engine/run/mapper.c \
	mappings/engine/run/operation.c \
	mappings/engine/run/parameter.c \
	mappings/engine/run/record-names.c

engine-wsdl_SRC := \
	mappings/engine/wsdl/wsdl-types.c \
	mappings/engine/wsdl/wsdl.c

#!/bin/sh
# update.sh [--template]: writes hutong.pot from the marked strings of core/ and spool/ and the marks of the dictionary, and brings them into each language's .po, where new ones
# are empty. --template writes the template to standard output and changes nothing. Runs anywhere; needs gettext.
set -eu
LC_ALL=C.UTF-8
export LC_ALL
cd "$(dirname "$0")/../../.."
po=core/cli/po

# What the dictionary says of its quality marks, as xgettext reads it.
write_marks() {
    sed -n 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g; s/.*<mark .* text="\([^"]*\)".*/_("\1")/p' mappings/dictionary.xml
}

# xgettext of the other arguments into the file, behind what it has.
extract() {
    into=$1
    shift
    xgettext --from-code=UTF-8 --language=C --keyword --add-location=file --no-wrap --package-name=hutong --join-existing -o "$into" "$@"
}

# What the engine says is wrong with a mapping or its words. It has no language but English: core/cli/retell.c knows it again. Texts that are
# only passed on are left out.
extract_engine() {
    echo 'msgid "%s"' >"$2"
    echo 'msgstr ""' >>"$2"
    extract "$1" --exclude-file="$2" --keyword=ht_compile_error:3 --keyword=ht_compile_warning:3 mappings/engine/compile/*.c
    extract "$1" --keyword=fail:2 --keyword=g_strdup_printf:1 mappings/engine/compile/when.c
    extract "$1" --exclude-file="$2" --keyword=report:3 --keyword=report_in:4 mappings/engine/reference/boundaries.c \
        mappings/engine/reference/dictionary.c mappings/engine/reference/document.c
    extract "$1" --keyword=report:4 --keyword=g_string_append_printf:2 mappings/engine/reference/tables.c mappings/engine/reference/divisions.c
}

# No dates and no line numbers: both would make another file of the same strings.
write_template() {
    folder=$(mktemp -d)
    # shellcheck disable=SC2046 # names of our sources have no blanks
    write_marks | xgettext --from-code=UTF-8 --language=C --keyword --keyword=_ --keyword=N_ --keyword=ngettext:1,2 --keyword=C_:1c,2 \
        --add-location=file --no-wrap --package-name=hutong -o "$folder/hutong.pot" $(grep -rl '<glib/gi18n.h>' core spool --include='*.[ch]' | sort) -
    extract_engine "$folder/hutong.pot" "$folder/passed-on.po"
    sed '/^"POT-Creation-Date:/d; s/charset=CHARSET/charset=UTF-8/; s|^#: standard input$|#: mappings/dictionary.xml|' "$folder/hutong.pot"
    rm -r "$folder"
}

if [ "${1-}" = --template ]; then
    write_template
    exit 0
fi
write_template >$po/hutong.pot.new
mv $po/hutong.pot.new $po/hutong.pot
for language in "$po"/*.po; do
    msgmerge --quiet --no-fuzzy-matching --no-wrap --add-location=file -o "$language.new" "$language" $po/hutong.pot
    msgattrib --no-obsolete --no-wrap -o "$language" "$language.new"
    rm "$language.new"
done

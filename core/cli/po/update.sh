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

# No dates and no line numbers: both would make another file of the same strings.
write_template() {
    # shellcheck disable=SC2046 # names of our sources have no blanks
    write_marks | xgettext --from-code=UTF-8 --language=C --keyword --keyword=_ --keyword=N_ --keyword=ngettext:1,2 --keyword=C_:1c,2 \
        --add-location=file --no-wrap --package-name=hutong -o - $(grep -rl '<glib/gi18n.h>' core spool --include='*.[ch]' | sort) - |
        sed '/^"POT-Creation-Date:/d; s/charset=CHARSET/charset=UTF-8/; s|^#: standard input$|#: mappings/dictionary.xml|'
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

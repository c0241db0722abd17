#!/bin/sh
# scan-personal-data.sh PATH...: searches files, and all files below directories, for what looks like a citizen
# number: 17 digits and a digit or X, or 15 digits with a date inside (the old form); in ASCII or full-width, UTF-8
# or GB 18030. Prints file:line for each, never the number; exit 1 if there is any. Samples' numbers count too: a test
# must not print them either. Not meant: longer digit runs (sequences, times), hexadecimal digests and trace ids.
set -u
command -v perl >/dev/null 2>&1 || {
    echo "scan-personal-data: needs perl" >&2
    exit 2
}
exec find "$@" -type f -exec perl -e '
    use strict;
    my $found = 0;

    # A digest, uuid or trace id that happens to have that many digits in a row.
    sub in_hexadecimal {
        my ($before, $run, $after) = @_;
        my ($left) = $before =~ /([0-9a-fA-F]*)$/;
        my ($right) = $after =~ /^([0-9a-fA-F]*)/;
        my $word = "$left$run$right";
        return 0 if $word !~ /[a-fA-F]/;
        return 1 if length($word) >= 24;
        return length($word) == 16 && (substr($before, 0, length($before) - length($left)) =~ /-$/);
    }

    sub looks_personal {
        my ($before, $run, $after) = @_;
        return 0 if $before =~ /[0-9]\.$/ && length($run) == 15; # decimals of a fraction
        return !in_hexadecimal(@_) if $run =~ /^[0-9]{17}[0-9Xx]$/;
        return 0 if $run !~ /^[1-9][0-9]{5}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}$/;
        return !in_hexadecimal(@_);
    }

    for my $file (@ARGV) {
        open(my $in, "<:raw", $file) or next;
        my $number = 0;
        while (my $line = <$in>) {
            $number++;
            $line =~ s/\xef\xbc([\x90-\x99])/chr(ord($1) - 0x60)/ge;
            $line =~ s/\xef\xbc\xb8|\xef\xbd\x98/X/g;
            $line =~ s/\xa3([\xb0-\xb9])/chr(ord($1) - 0x80)/ge;
            while ($line =~ /((?<![0-9])[0-9]{15}(?:[0-9]{2}[0-9Xx])?(?![0-9]))/g) {
                my ($before, $run, $after) = (substr($line, 0, $-[1]), $1, substr($line, $+[1]));
                next unless looks_personal($before, $run, $after);
                print "$file:$number: looks like a citizen number\n";
                $found = 1;
                last;
            }
        }
    }
    exit $found;
' {} +

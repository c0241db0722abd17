#!/usr/bin/env perl
# retell.pl: every sentence that core/cli/retell.c knows in another language is one that the program still says: each piece of it between the
# values stands in another source. Run in the source tree; prints findings.
use strict;
use warnings;

my $table = 'core/cli/retell.c';
my $piece = 8;    # shorter ones stand anywhere

exit 0 if !-e $table;

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return <$in> }

# The texts of a source, with what stands in several literals, and formats that a macro has, joined.
sub texts {
    my ($source) = @_;
    $source =~ s/%[-+0-9.]*"\s*(?:PRI[a-zA-Z0-9]+|G_G?U?INT64_FORMAT|G_GU?SIZE_FORMAT)\s*"/%s/g;
    $source =~ s/"\s*\n\s*"//g;
    $source =~ s/"\s+"//g;
    return $source;
}

my @files = grep { $_ ne $table && !/^core\/cli\/po\// } split /\n/, `find core spool plugins mappings/engine -name '*.c' | LC_ALL=C sort`;
my $said = join "\n", map { texts(slurp($_)) } @files;
my $number = 0;
for my $line (split /\n/, slurp($table)) {
    $number++;
    my ($sentence) = $line =~ /N_\("((?:[^"\\]|\\.)*)"\)/ or next;
    for my $part (grep { length >= $piece } map { s/:? $//r } split /%s/, $sentence) {
        next if index($said, $part) >= 0;
        print "$table:$number: nothing says '$part' any more\n";
        last;
    }
}

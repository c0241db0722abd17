#!/usr/bin/perl
# dangers.pl TABLE LIST: holds the product's C files, of those named in LIST, against the table, which says what it is.
use strict;
use warnings;

my ($table, $list) = @ARGV;
my @rules;
open my $in, '<', $table or exit 0;
while (my $line = <$in>) {
    chomp $line;
    next if $line =~ /^(#|$)/;
    my ($pattern, $places, $why) = $line =~ /^(.*?): (.*?): ?(.+)$/;
    if (!defined $why) {
        print "$table:$.: not PATTERN: PLACES: WHY\n";
        next;
    }
    push @rules, {pattern => qr/$pattern/, places => [split ' ', $places], why => $why, line => $., used => {}};
}
close $in;

# Comments become blanks, their line feeds stay.
sub read_code {
    my ($file) = @_;
    open my $code, '<', $file or return '';
    local $/;
    my $text = <$code>;
    $text =~ s{("(?:\\.|[^"\\\n])*")|/\*.*?\*/}{defined $1 ? $1 : $& =~ s/[^\n]/ /gr}gse;
    return $text;
}

open my $files, '<', $list or die;
while (my $file = <$files>) {
    chomp $file;
    next unless $file =~ m{^(core|plugins|spool|mappings|adapters)/.*\.[ch]$};
    my $number = 0;
    for my $line (split /\n/, read_code($file)) {
        $number++;
        for my $rule (@rules) {
            next unless $line =~ $rule->{pattern};
            my ($place) = grep { $file eq $_ || index($file, "$_/") == 0 } @{$rule->{places}};
            if ($place) {
                $rule->{used}{$place} = 1;
            } else {
                print "$file:$number: $&: $rule->{why} ($table:$rule->{line})\n";
            }
        }
    }
}
for my $rule (@rules) {
    for my $place (@{$rule->{places}}) {
        print "$table:$rule->{line}: nothing of it stands in $place\n" unless $rule->{used}{$place};
    }
}

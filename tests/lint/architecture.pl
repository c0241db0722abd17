#!/usr/bin/perl
# Every `file:function()`, path and test that ARCHITECTURE.md names must exist: a map that is wrong is worse than none.
# A bare `function()` belongs to the file named before it on its line.
use strict;
use warnings;

my $page = 'ARCHITECTURE.md';
my %text;

sub read_file {
    my ($file) = @_;
    return $text{$file} if exists $text{$file};
    open my $in, '<', $file or return $text{$file} = undef;
    local $/;
    return $text{$file} = <$in>;
}

my $tests = join '', map { read_file($_) // '' } glob 'tests/*/*.c';
open my $in, '<', $page or exit 0;
while (my $line = <$in>) {
    my ($file, $number) = ('', $.);
    while ($line =~ /`([^`]+)`/g) {
        my $name = $1;
        my $what = '';
        if ($name =~ m{^(?:([\w/.-]+\.[ch]):)?(\w+)\(\)$}) {
            $file = $1 if $1;
            my $code = $file ? read_file($file) : '';
            $what = defined $code ? "$file has no $2()" : "there is no $file" unless ($code // '') =~ /^[a-zA-Z].*[ *]\Q$2\E\(/m;
            $what = '' if !$file;
        } elsif ($name =~ m{^(?:core|plugins|spool|mappings|adapters|tests|docs)/[\w/.-]*$}) {
            $what = "there is no $name" unless -e $name;
        } elsif ($name =~ m{^/[a-z]+/[\w/-]+$} && $name =~ /-/) {
            $what = "there is no test $name" unless index($tests, "\"$name\"") >= 0;
        }
        print "$page:$number: $what\n" if $what;
    }
}

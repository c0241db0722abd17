#!/usr/bin/perl
# architecture.pl PAGE...: every `file:function()`, path and test that a page names must exist: a map that is wrong is worse than none.
# A bare `function()` belongs to the file named before it on its line. Of tests in Python, /monitoring/nothing-else-is is nothing_else_is() of
# monitoring.py, and /hostile-payloads/KIND/NAME is a row of its table.
use strict;
use warnings;

my %text;

sub read_file {
    my ($file) = @_;
    return $text{$file} if exists $text{$file};
    open my $in, '<', $file or return $text{$file} = undef;
    local $/;
    return $text{$file} = <$in>;
}

my $tests = join '', map { read_file($_) // '' } glob 'tests/*/*.c';

sub has_row {
    my ($kind, $name) = @_;
    my $table = read_file('tests/data/hostile/payloads.py') // '';
    my ($rows) = $table =~ /^rows\("\Q$kind\E",(.*?)(?=^rows\(|\z)/ms;
    return ($rows // '') =~ /^     \("\Q$name\E",/m;
}

sub has_test {
    my ($name) = @_;
    return 1 if index($tests, "\"$name\"") >= 0;
    return has_row($1, $2) if $name =~ m{^/hostile-payloads/([^/]+)/([^/]+)$};
    my ($program, $rest) = $name =~ m{^/([^/]+)/([\w-]+)$} or return 0;
    return (read_file("tests/e2e/$program.py") // '') =~ /^def \Q${\($rest =~ tr{-}{_}r)}\E\(/m;
}

for my $page (@ARGV) {
    open my $in, '<', $page or next;
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
            } elsif ($name =~ m{^/[a-z-]+/[\w./-]+$} && $name =~ /-/) {
                $what = "there is no test $name" unless has_test($name);
            }
            print "$page:$number: $what\n" if $what;
        }
    }
}

#!/usr/bin/perl
# Every code with which a message is refused, wherever it stands in the bus, the host, the engine, a shipped adapter or a shipped
# mapping, is in the table of core/refusal/table.c, which is what docs/errors.md is written from; and nothing is there that nobody gives.
# A code is known by where it stands: an argument for a parameter `const char *code`, that member of a table's rows, or <refuse code="…">.
# A finding is "file:line: rule".
use strict;
use warnings;

my $TABLE = 'core/refusal/table.c';

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    my $text = <$in>;
    $text =~ s{(/\*.*?\*/)}{ my $c = $1; $c =~ s/[^\n]//g; $c }gse; # comments go, their lines stay
    return $text;
}

# The text up to the bracket that closes what was opened before `at`, cut at its own commas.
sub split_list {
    my ($depth, $item, @items) = (0, '');
    my $text = substr($_[0], $_[1], 20000);
    while ($text =~ /\G("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|.)/gs) {
        my $piece = $1;
        $depth++ if $piece =~ /^[({\[]$/;
        return (@items, $item) if $piece =~ /^[)}\]]$/ && $depth-- == 0;
        if ($piece eq ',' && $depth == 0) { push @items, $item; $item = ''; next }
        $item .= $piece;
    }
    return @items;
}

sub line_of { my ($text, $at) = @_; return 1 + (substr($text, 0, $at) =~ tr/\n//); }

sub place_of_code {
    my ($list, $cut) = @_;
    my @parts = split $cut, $list;
    my ($place) = grep { $parts[$_] =~ /\bconst char \*code(\b|$)/ } 0 .. $#parts;
    return $place;
}

my %table;
my $rows = slurp($TABLE);
while ($rows =~ /^\s*\{"([a-z0-9.-]+)", (?:\d|\.status)/gm) {
    print "$TABLE:" . line_of($rows, $-[1]) . ": $1 is there twice\n" if $table{$1}++;
}

my @files = grep { !m{/test-|^\Q$TABLE\E$|core/refusal/chinese\.c$} } split /\n/, `find core mappings/engine plugins adapters -name '*.[ch]' | sort`;
my %text = map { $_ => slurp($_) } @files;
my (%place_of, %words, %used);
for my $file (@files) {
    $words{$1} = $2 while $text{$file} =~ /#define (\w+) "([^"]*)"/g;
    while ($text{$file} =~ /\(([^(){};]*\bconst char \*code\b[^(){};]*)\)/g) {
        my ($parameters, $before) = ($1, substr($text{$file}, 0, $-[0]));
        next if $before !~ /(\w+)\)?\s*$/;
        my $name = $1;
        my $is_static = substr($before, 1 + rindex($before, "\n")) =~ /^static /;
        $place_of{$is_static ? "$file $name" : $name} = place_of_code($parameters, ',');
    }
    $used{$1} = 1 while $text{$file} =~ /"([a-z0-9.-]+)"/g;
}

sub check {
    my ($file, $line, $argument) = @_;
    $argument =~ s/\b\w+\([^()]*\)//g; # what a choice between codes depends on
    my @codes = $argument =~ /"([^"]*)"/g;
    @codes = ($words{$argument}) if !@codes && $argument =~ /^\w+$/ && exists $words{$argument};
    for (@codes) {
        print "$file:$line: the code $_ is not in $TABLE\n" if !$table{$_};
    }
}

for my $file (@files) {
    my $text = $text{$file};
    while ($text =~ /\b(\w+)\s*\(/g) {
        my ($name, $at) = ($1, $+[0]);
        my $place = $place_of{"$file $name"} // $place_of{$name};
        next if !defined $place;
        my @arguments = map { s/^\s+|\s+$//gr } split_list($text, $at);
        check($file, line_of($text, $at), $arguments[$place] // '');
    }
    my %member = ();
    $member{$2} = place_of_code($1, ';') while $text =~ /struct \{([^{}]*\bconst char \*code;[^{}]*\bsentence\b[^{}]*)\} (\w+);/g;
    for my $type (keys %member) {
        while ($text =~ /\b$type \w+\[\] = \{/g) {
            my $at = $+[0];
            for my $row (split_list($text, $at)) {
                next if $row !~ /\{/;
                my @members = map { s/^\s+|\s+$//gr } split_list($row, index($row, '{') + 1);
                check($file, line_of($text, $at), $members[$member{$type}] // '');
            }
        }
    }
}
for my $file (sort glob 'mappings/*.xml') {
    my $text = slurp($file);
    while ($text =~ /<refuse\b[^>]*\bcode=("([^"]*)")/g) {
        $used{$2} = 1;
        check($file, line_of($text, $-[0]), $1);
    }
}
for (sort keys %table) {
    print "$TABLE:1: nobody gives the code $_\n" if !$used{$_};
}

# lists.pl C-FILES FILES: every .c file is in a files.mk above it (tests by their name without .c), and every .c in a files.mk exists.
# C-FILES and FILES are lists, a path a line. A finding is "file:line: rule".
use strict;
use warnings;

my ($c_files, $files) = @ARGV;

sub lines_of {
    my ($path) = @_;
    open(my $in, '<', $path) or return;
    chomp(my @lines = <$in>);
    return @lines;
}

# The words of a list, and those of its line adapter_TESTS.
my %lists;
sub words_of {
    my ($list) = @_;
    $lists{$list} //= { all => { map { $_ => 1 } map { split /[\s=]+/ } lines_of($list) },
        adapter => { map { $_ => 1 } map { split /[\s=]+/ } grep { /^adapter_TESTS / } lines_of($list) } };
    return $lists{$list};
}

sub is_listed {
    my ($file) = @_;
    (my $name = $file) =~ s{.*/|\.c$}{}g;
    for (my $folder = $file; $folder =~ s{/[^/]*$}{};) {
        next unless -f "$folder/files.mk";
        my $words = words_of("$folder/files.mk")->{all};
        return 1 if $words->{$file} || $words->{$name};
    }
    return 0;
}

for my $file (lines_of($c_files)) {
    next if $file =~ /\.h$/ || $file =~ m{^(core/cli/main|plugins/host/(plain|signed))\.c$};
    next if $file eq 'mappings/engine/text/gen-gb18030.c';    # a program of the build, in Makefile.in
    next if $file =~ m{^tests/interop/.*/example\.c$};        # compiled by run.sh beside it
    if ($file =~ m{^(adapters/.*)/test-([^/]*)\.c$}) {
        # Makefile.in makes the name of the file from adapter_TESTS
        words_of("$1/files.mk")->{adapter}{$2}
            or print "$file:1: $2 is not in adapter_TESTS of files.mk, so it is not built\n";
    } elsif (!is_listed($file)) {
        print "$file:1: not listed in files.mk, so it is not built\n";
    }
}
for my $list (grep { m{(^|/)files\.mk$} } lines_of($files)) {
    for my $line (lines_of($list)) {
        while ($line =~ m{([A-Za-z0-9_./-]+\.c)\b}g) {
            -f $1 or print "$list:1: lists $1, which does not exist\n";
        }
    }
}

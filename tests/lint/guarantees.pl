# guarantees.pl: prints tests/README.md with its table of guarantees × kinds of test made anew; runs in the source tree. make docs writes it,
# lint compares. The guarantees are those of ARCHITECTURE.md. A test shows one that names it there, by its path, and what its
# own first comment says: "Shows: GUARANTEE" in words of that table. Its kind is its folder's, or "Kind: KIND[, KIND]" in that comment. What
# mutation watches is said by tests/mutate/modules.ini and where a guarantee is kept.
use strict;
use warnings;

my $BEGIN = "<!-- made of ARCHITECTURE.md and the tests by make docs -->\n";
my $END = "<!-- end -->\n";
my @KINDS = ('unit', 'end to end', 'crash', 'power', 'fault', 'simulation', 'mutation');
my %FOLDER_KIND = (unit => 'unit', e2e => 'end to end', crash => 'crash', simulate => 'simulation', lib => 'end to end');

sub slurp {
    my ($file) = @_;
    open(my $in, '<', $file) or die "$file: $!\n";
    local $/;
    return <$in> // '';
}

my (@guarantees, %row_of);
my ($section) = slurp('ARCHITECTURE.md') =~ /^## Guarantees:.*?\n(.*?)^## /ms or die "ARCHITECTURE.md: no table of guarantees\n";
for my $line (split /\n/, $section) {
    my ($words, $kept, $tests) = $line =~ /^\| (.*?) \| (.*) \| (.*?) \|$/ or next;
    next if $words eq 'guarantee';
    my $row = {words => $words, paths => [$tests =~ m{`(/[^`]+)`}g], files => [$kept =~ m{`([a-z/-]+\.[ch])}g], cells => {}};
    push @guarantees, $row;
    $row_of{$words} = $row;
}

# Which paths stand in a test: whole, or as the beginning of those that it makes.
sub has_path {
    my ($literals, $path) = @_;
    my $open = $path =~ s/…$//;
    for my $literal (@$literals) {
        return 1 if $literal eq $path || $open && index($literal, $path) == 0;
        return 1 if $literal =~ m{[-/]$} && length $literal > 6 && index($path, $literal) == 0;
    }
    return 0;
}

sub name_of {
    my ($file) = @_;
    my ($name) = $file =~ m{([^/]+)\.(?:c|py|sh)$};
    return $name;
}

my $status = 0;
my @files = sort grep { !m{/(?:adapters|fuzz|bench|interop|demo|mutate|data|lint)/} } glob('tests/*/*.c tests/*/*.py tests/*/*.sh adapters/*/test-*.c');
for my $file (@files) {
    my $text = slurp($file);
    my ($head) = $text =~ m{^(?:/\*(.*?)\*/|((?:#.*\n)+))}s;
    $head = join ' ', map { s/^[ \t]*[*#] ?//r } split /\n/, $1 // $2 // '';
    my ($folder) = $file =~ m{^tests/([^/]+)/};
    my @kinds = $head =~ /\bKind: ([a-z, ]+)\./ ? split(/, /, $1) : $FOLDER_KIND{$folder // 'unit'} // ();
    for my $kind (@kinds) {
        grep { $_ eq $kind } @KINDS or $status = 1, warn "$file:1: there is no kind of test '$kind' (@KINDS)\n";
    }
    my @literals = $text =~ m{"(/[^"\\\s]+)}g;
    my @shown = grep { my $row = $_; grep { has_path(\@literals, $_) } @{$row->{paths}} } @guarantees;
    while ($head =~ /\bShows: (.*?)\.(?= |$)/g) {
        push @shown, $row_of{$1} // next if $row_of{$1};
        $row_of{$1} or $status = 1, warn "$file:1: ARCHITECTURE.md has no guarantee '$1'\n";
    }
    for my $row (@shown) {
        $row->{cells}{$_}{name_of($file)} = 1 for @kinds;
    }
}

my $module;
for my $line (split /\n/, slurp('tests/mutate/modules.ini')) {
    $module = $1 if $line =~ /^\[(.*)\]/;
    next if $line !~ /^files = (.*)/;
    my @patterns = map { my $p = quotemeta $_; $p =~ s/\\\*/[^\/]*/g; qr/^$p$/ } split ' ', $1;
    for my $row (@guarantees) {
        for my $kept (@{$row->{files}}) {
            $row->{cells}{mutation}{$module} = 1 if grep { $kept =~ $_ } @patterns;
        }
    }
}

my $table = "| guarantee | " . join(' | ', @KINDS) . " |\n|---|" . '---|' x @KINDS . "\n";
for my $row (@guarantees) {
    my @cells = map { join ', ', map { s/^(?:test|e2e|crash)-//r } sort keys %{$row->{cells}{$_} // {}} } @KINDS;
    $table .= "| $row->{words} | " . join(' | ', @cells) . " |\n";
}
my $page = slurp('tests/README.md');
$page =~ s/\Q$BEGIN\E.*?\Q$END\E/$BEGIN\n$table\n$END/s or die "tests/README.md: no place for the table\n";
print $page;
exit $status;

# examples.pl [--write]: the code in docs/soap-clients.md is the code that the tests run. Behind each line <!-- FILE --> stands the
# file, in a block of its own; every tests/interop/*/example.* has its place. --write puts the files' text there.
use strict;
use warnings;

my $PAGE = 'docs/soap-clients.md';
my $write = @ARGV && $ARGV[0] eq '--write';

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or return undef;
    local $/;
    return <$file>;
}

my $page = slurp($PAGE) // die "$PAGE: $!\n";
my %shown;
my $fence = '```';

sub check_block {
    my ($whole, $head, $path, $language, $code) = @_;
    my $text = slurp($path);
    $shown{$path} = 1;
    if (!defined $text) {
        print "$PAGE:1: there is no $path\n";
        return $whole;
    }
    print "$PAGE:1: another text than $path; tests/lint/examples.pl --write puts it there\n" if $text ne $code && !$write;
    return "$head$fence$language\n$text$fence\n";
}

$page =~ s/((<!-- (\S+) -->)\n+)$fence(\w*)\n(.*?)$fence\n/check_block($&, $1, $3, $4, $5)/gse;
for my $path (sort glob 'tests/interop/*/example.*') {
    print "$path:1: does not stand in $PAGE\n" if !$shown{$path};
}
if ($write) {
    open my $file, '>:raw', $PAGE or die "$PAGE: $!\n";
    print $file $page;
    close $file or die "$PAGE: $!\n";
}

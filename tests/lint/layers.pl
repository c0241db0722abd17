# layers.pl LAYERS LIST: holds the include lines of the files named in LIST against LAYERS (see layers.txt).
use strict;
use warnings;

my ($layers, $list) = @ARGV;
my (@libraries, %allowed);
open(my $in, '<', $layers) or die "$layers: $!\n";
while (<$in>) {
    next if /^\s*(#|$)/;
    my ($folder, @prefixes) = split;
    if ($folder eq 'libraries') {
        @libraries = @prefixes;
    } else {
        $allowed{$folder} = [@prefixes];
    }
}
close($in);

sub starts_with_one_of {
    my ($text, @prefixes) = @_;
    for my $prefix (@prefixes) {
        return 1 if index($text, $prefix) == 0;
    }
    return 0;
}

# The rule of the longest folder that holds the file.
sub folder_of {
    my ($file) = @_;
    return 'tests' if $file =~ m|^adapters/[^/]+/test-[^/]+\.c$|; # an adapter's test is beside it, and a test
    my $folder = $file;
    while ($folder =~ s|/[^/]*$||) {
        return $folder if $allowed{$folder};
    }
    return undef;
}

open(my $files, '<', $list) or die "$list: $!\n";
while (my $file = <$files>) {
    chomp($file);
    my $folder = folder_of($file);
    if (!defined $folder) {
        print "$file:1: in no layer of $layers\n";
        next;
    }
    my @may = @{$allowed{$folder}};
    open(my $source, '<', $file) or next;
    while (my $line = <$source>) {
        next unless $line =~ /^\s*#\s*include\s+(["<][^">]+)/;
        my $included = $1;
        if ($included =~ /^"/) {
            next if index($included, "\"$folder/") == 0 || starts_with_one_of($included, @may);
            next if grep { $_ eq '*' } @may;
            next if $folder =~ m|^adapters| && $included !~ m|/|; # an adapter's own headers, beside it
        } else {
            next if starts_with_one_of($included, @may);
            next if !starts_with_one_of($included, @libraries) && !($folder =~ /adapters$/ && $included =~ /^<g(lib|io)/);
        }
        my $closing = $included =~ /^"/ ? '"' : '>';
        print "$file:$.: $folder may not include $included$closing\n";
    }
    close($source);
}

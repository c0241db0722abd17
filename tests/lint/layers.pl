# layers.pl LAYERS LIST: holds the include lines of the files named in LIST against LAYERS (see layers.txt), and LAYERS against
# itself: a row names only folders above it, or headers of such, and nothing that none of its files includes.
# layers.pl LAYERS --page PAGE: prints PAGE with the table between the marks below made anew. make docs writes it, lint compares.
use strict;
use warnings;

my $BEGIN = "<!-- made of tests/lint/layers.txt by make docs -->\n";
my $END = "<!-- end -->\n";
my %LIBRARY = ('libxml/' => 'libxml2', 'libsoup/' => 'libsoup', 'microhttpd' => 'libmicrohttpd', 'curl/' => 'libcurl',
    'sqlite3' => 'sqlite3', 'json-glib/' => 'json-glib', 'seccomp' => 'libseccomp', 'nettle/' => 'nettle',
    'minizip/' => 'minizip', 'xxhash' => 'xxhash', 'qrencode' => 'libqrencode (optional)', 'pango/' => 'pango (optional)', 'cairo' => 'cairo (optional)', 'dlfcn' => 'dlfcn');

my ($layers, $list, $page) = @ARGV;
my (@libraries, @folders, %allowed, %line_of, %used);
open(my $in, '<', $layers) or die "$layers: $!\n";
while (<$in>) {
    next if /^\s*(#|$)/;
    my ($folder, @prefixes) = split;
    if ($folder eq 'libraries') {
        @libraries = @prefixes;
    } else {
        push @folders, $folder;
        $allowed{$folder} = [@prefixes];
        $line_of{$folder} = $.;
    }
}
close($in);

sub first_of {
    my ($text, @prefixes) = @_;
    for my $prefix (@prefixes) {
        return $prefix if index($text, $prefix) == 0;
    }
    return undef;
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

# True when the folder may include this; notes what of its row was used.
sub may {
    my ($folder, $included) = @_;
    my $prefix = first_of($included, @{$allowed{$folder}});
    $used{$folder}{$prefix} = 1 if defined $prefix;
    return 1 if defined $prefix;
    if ($included =~ /^"/) {
        my $inside = folder_of(substr $included, 1) // '';
        return 1 if $inside eq $folder && index($included, "\"$folder/") == 0;
        return 1 if grep { $_ eq '*' } @{$allowed{$folder}};
        return $folder =~ m|^adapters| && $included !~ m|/|; # an adapter's own headers, beside it
    }
    return !defined first_of($included, @libraries) && !($folder =~ /adapters$/ && $included =~ /^<g(lib|io)/);
}

sub check_files {
    open(my $files, '<', $list) or die "$list: $!\n";
    while (my $file = <$files>) {
        chomp($file);
        my $folder = folder_of($file);
        print "$file:1: in no layer of $layers\n" and next if !defined $folder;
        open(my $source, '<', $file) or next;
        while (my $line = <$source>) {
            next unless $line =~ /^\s*#\s*include\s+(["<][^">]+)/;
            next if may($folder, $1);
            print "$file:$.: $folder may not include $1" . ($1 =~ /^"/ ? '"' : '>') . "\n";
        }
        close($source);
    }
}

sub check_rows {
    my %above;
    for my $folder (@folders) {
        next if $folder =~ m{^tests|^adapters|/template$};
        for my $prefix (@{$allowed{$folder}}) {
            print "$layers:$line_of{$folder}: $folder names $prefix, which none of its files includes\n" if !$used{$folder}{$prefix};
            next unless $prefix =~ m|^"(.*)/([^/]*)$|;
            my @named = $2 ? folder_of("$1/$2") // () : grep { $_ eq $1 || index($_, "$1/") == 0 } @folders;
            for my $named (grep { $_ ne $folder && !$above{$_} && !m{/template$} } @named) {
                print "$layers:$line_of{$folder}: $folder may use $named, which stands below it\n";
            }
        }
        $above{$folder} = 1;
    }
}

sub print_table {
    my @rows = ("| folder | may include | libraries |\n", "|---|---|---|\n");
    for my $folder (@folders) {
        next if $folder =~ m{^tests$|/template$};
        my @own = map { m|^"(.*?)/?$| && $1 !~ /^generated/ ? "`$1`" : () } @{$allowed{$folder}};
        my @libraries = map { m|^<(.*)| && $LIBRARY{$1} ? $LIBRARY{$1} : () } @{$allowed{$folder}};
        push @rows, sprintf "| `%s` | %s | %s |\n", $folder, join(', ', @own) || 'nothing', join(', ', @libraries);
    }
    open(my $text, '<', $page) or die "$page: $!\n";
    my $skipping = 0;
    while (my $line = <$text>) {
        $skipping = 0 if $line eq $END;
        print $line unless $skipping;
        if ($line eq $BEGIN) {
            print "\n", @rows, "\n";
            $skipping = 1;
        }
    }
}

if ($list eq '--page') {
    print_table();
} else {
    check_files();
    check_rows();
}

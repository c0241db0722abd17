# structure.pl LIST [CIRCLES [UNCALLED]]: how the files named in LIST hang together. A finding is "file:line: rule".
#   - No circle of .c files that call each other's functions, but those that CIRCLES lists with a reason.
#   - One header per .c: what others call of FILE.c is declared in FILE.h beside it, or in a header of its folder that says so by
#     naming FILE.c.
#   - What a header declares another file of the product calls, or UNCALLED says why not.
#   - No name of a type twice in the program.
#   - No code in a header but static inline functions.
#   - No comment or page names a file that does not exist.
use strict;
use warnings;
no warnings 'recursion';

my ($list, $circles, $uncalled) = @ARGV;
open(my $in, '<', $list) or die "$list: $!\n";
chomp(my @all = <$in>);
my @product = grep { m{^(?:core|plugins|spool|mappings|adapters)/.*\.[ch]$} && !m{/test-[^/]*$|/template/|/gen-[^/]*$} } @all;
my (%raw, %code);

sub line_of { my ($text, $at) = @_; return 1 + (substr($text, 0, $at) =~ tr/\n//); }

# Comments and texts go, their lines stay.
for my $file (@product) {
    open(my $source, '<', $file) or next;
    local $/;
    my $text = $raw{$file} = <$source>;
    $text =~ s{(/\*.*?\*/)|("(?:[^"\\\n]|\\.)*")}{ my $part = $1 // '""'; $part =~ s/[^\n]//g if $1; $part }gse;
    $code{$file} = $text;
}

# ---- Functions: who defines them, who calls them ----

my (%defined_in, %line_of_function, %calls);
for my $file (grep { /\.c$/ } @product) {
    while ($code{$file} =~ /^(?!static\b|typedef\b|else\b|return\b)[A-Za-z][^;{}()=#\n]*?\b(\w+)\([^;{}]*\)\s*\n\{/gm) {
        $defined_in{$1} = $file;
        $line_of_function{$1} = line_of($code{$file}, $-[1]);
    }
}
delete $defined_in{main};
for my $file (grep { /\.c$/ } @product) {
    for my $word ($code{$file} =~ /\b([a-z]\w+)\b/g) {
        my $other = $defined_in{$word} or next;
        $calls{$file}{$other} //= $word if $other ne $file;
    }
}

sub check_headers {
    my %headers;
    for my $header (grep { /\.h$/ } @product) {
        my ($folder) = $header =~ m{^(.*)/};
        push @{$headers{$folder}}, $header;
    }
    for my $function (sort keys %defined_in) {
        my $file = $defined_in{$function};
        my ($folder, $name) = $file =~ m{^(.*)/(.*)\.c$};
        my @may = grep { m{/\Q$name\E\.h$} || $raw{$_} =~ m{(?<![\w-])\Q$name\E\.c\b} } @{$headers{$folder} // []};
        next if grep { $code{$_} =~ /\b\Q$function\E\(/ } @may;
        next if $function =~ /^hutong_/; # an adapter's entry: declared by plugins/hutong-plugin.h
        print "$file:$line_of_function{$function}: $function() is declared neither in $name.h nor in a header beside it that names $name.c\n";
    }
}

# What only its own file calls is static, what only tests call serves nobody. A name counts wherever it stands: in a table, too.
sub check_callers {
    my (%known, %named_in);
    if (defined $uncalled && open(my $lines, '<', $uncalled)) {
        while (my $line = <$lines>) {
            next if $line =~ /^\s*(#|$)/;
            my ($function, $reason) = $line =~ /^(\w+):\s*(\S.*)$/;
            print "$uncalled:$.: a function without a reason\n" and next if !$reason;
            $known{$function} = $.;
        }
    }
    for my $file (@product) {
        $named_in{$_}{$file}++ for grep { $defined_in{$_} } $code{$file} =~ /\b(\w+)\b/g;
    }
    for my $function (sort keys %defined_in) {
        my $file = $defined_in{$function};
        # A header names what it declares once, and once more for each inline function that calls it.
        my @others = grep { $_ ne $file && $named_in{$function}{$_} > (/\.h$/ ? 1 : 0) } keys %{$named_in{$function}};
        if (@others) {
            print "$uncalled:$known{$function}: $function() has a caller: it needs no exception\n" if $known{$function};
        } elsif (!$known{$function} && $function !~ /^hutong_/) {
            print "$file:$line_of_function{$function}: no other file of the product calls $function(): it is static, or serves nobody\n";
        }
        delete $known{$function};
    }
    print "$uncalled:$known{$_}: there is no function $_()\n" for sort keys %known;
}

# ---- Circles (Tarjan) ----

my (%index, %low, @stack, %on_stack, @found);
my $next = 0;

sub visit {
    my ($file) = @_;
    $index{$file} = $low{$file} = $next++;
    push @stack, $file;
    $on_stack{$file} = 1;
    for my $other (sort keys %{$calls{$file} // {}}) {
        visit($other) if !exists $index{$other};
        $low{$file} = $low{$other} if $on_stack{$other} && $low{$other} < $low{$file};
    }
    return if $low{$file} != $index{$file};
    my @members;
    do { push @members, pop @stack; $on_stack{$members[-1]} = 0 } until $members[-1] eq $file;
    push @found, [sort @members] if @members > 1;
}

sub check_circles {
    my %known;
    if (defined $circles && open(my $lines, '<', $circles)) {
        while (my $line = <$lines>) {
            next if $line =~ /^\s*(#|$)/;
            my ($members, $reason) = $line =~ /^(.*?):\s*(.*)$/;
            print "$circles:$.: a circle without a reason\n" and next if !$reason;
            $known{join ' ', sort split ' ', $members} = $.;
        }
    }
    visit($_) for grep { !exists $index{$_} } sort grep { /\.c$/ } @product;
    for my $circle (@found) {
        next if delete $known{join ' ', @$circle};
        my %in = map { $_ => 1 } @$circle;
        my @ways = map { my $file = $_; map { "$file calls $calls{$file}{$_}() of $_" } grep { $in{$_} } sort keys %{$calls{$file}} } @$circle;
        print "$circle->[0]:1: a circle of files: ", join('; ', @ways), "\n";
    }
    print "$circles:$known{$_}: there is no such circle (any more)\n" for sort keys %known;
}

# ---- Types ----

sub check_types {
    my %place;
    for my $file (grep { !m{^adapters/} } @product) {
        my %here;
        while ($code{$file} =~ /^(?:\}\s*([A-Z]\w*)(?:,[^;]*)?;|(?:struct|union|enum)\s+([A-Z]\w*)\s*\{|typedef\s[^;{}]*?\b([A-Z]\w*);|typedef\s[^;{}]*\(\*([A-Z]\w*)\))/gm) {
            my $name = $1 // $2 // $3 // $4;
            next if $here{$name}++;
            push @{$place{$name}}, "$file:" . line_of($code{$file}, $-[0]);
        }
    }
    for my $name (sort keys %place) {
        my @places = @{$place{$name}};
        my %files = map { (split /:/)[0] => 1 } @places;
        # A typedef in a header, its struct in the .c beside it or in a header of the same folder.
        my $defined = grep { my ($file) = split /:/; $code{$file} =~ /^(?:\}\s*\Q$name\E(?:,[^;]*)?;|(?:struct|union|enum)\s+\Q$name\E\s*\{)/m } @places;
        my $declared = @places - $defined;
        print "$places[-1]: the type $name is also in $places[0]\n" if $defined > 1;
    }
}

# ---- Code in headers ----

sub check_code_in_headers {
    for my $file (grep { /\.h$/ && !m{/template/|/gen-[^/]*$} } @all) {
        open(my $source, '<', $file) or next;
        local $/;
        my $text = <$source>;
        $text =~ s{(/\*.*?\*/)|("(?:[^"\\\n]|\\.)*")}{ my $part = $1 // '""'; $part =~ s/[^\n]//g if $1; $part }gse;
        while ($text =~ /^(?!typedef\b)[A-Za-z][^;{}()=#\n]*?\b(\w+)\([^;{}]*\)\s*\n\{/gm) {
            next if substr($text, $-[0], $+[0] - $-[0]) =~ /^static inline\b/;
            print "$file:" . line_of($text, $-[1]) . ": $1() is code in a header: it belongs in a .c file, or is static inline\n";
        }
    }
}

# ---- Names of files ----

my %tail;
for my $file (@all) {
    my $rest = $file;
    do { $tail{$rest} = 1 } while $rest =~ s{^[^/]*/}{};
}

# By its path or the end of it.
sub is_file { return $tail{$_[0]} || $_[0] =~ m{^generated/}; }

# Words of a comment or page that look like a file's name. NAME and the like stand for any; docs/ shows files of its readers, too, so
# only those with one of our folders in front count there.
sub check_names {
    my @looked = grep { m{^(?:(?:core|plugins|spool|mappings|adapters|tests)/.*\.(?:[ch]|md)|docs/.*\.md|[^/]*\.md)$} && !m{^tests/(?:data|lint)/} } @all;
    for my $file (@looked) {
        open(my $source, '<', $file) or next;
        local $/;
        my $text = <$source>;
        $text =~ s{(/\*.*?\*/)|("(?:[^"\\\n]|\\.)*")|(.)}{ $1 // ($2 ? '' : $3 eq "\n" ? "\n" : '') }gse if $file =~ /\.[ch]$/;
        while ($text =~ m{(?<![\w/.<*-])((?:[\w-]+/)*[\w-]+\.(?:c|h|pl|sh|mk|txt|in))(?![\w*(/-]|\.\w)}g) {
            my ($name, $at) = ($1, $-[1]);
            next if is_file($name) || $name =~ /[A-Z]{2}/ || $name =~ m{^(?:libxml|nettle|sys)/|^sysexits\.h$};
            next if $file =~ /^docs/ && $name !~ m{^(?:core|plugins|spool|mappings|adapters|tests)/};
            print "$file:" . line_of($text, $at) . ": there is no file $name\n";
        }
    }
}

check_headers();
check_callers();
check_circles();
check_types();
check_code_in_headers();
check_names();

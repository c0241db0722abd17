# pairs.pl LIST: a page in Chinese says what the English one beside it says. For every X.md and X.zh-CN.md among the files named in LIST:
# the same headings by level, the same rows of tables, the same examples but for their comments, the same words in `code`, links to the
# same places, and a link from each to the other. For the manual, docs/man/X.N and docs/man/zh_CN/X.N: the same sections and the same
# words in bold that are verbs, options, keys or files.
use strict;
use warnings;
use File::Basename qw(dirname basename);

my $fence = '```';
my $GENERATED = qr{^docs/(?:departments/|errors\.)}; # both languages are made from one table, and their words from another

# Comments in an example are for the reader, and so in the reader's language; drawings are, too.
sub add_example {
    my ($page, @lines) = @_;
    return if grep { /\xe2\x94[\x80-\xbf]/ } @lines;
    my $text = join("\n", map { s/(?:^|\s)\s*#\s.*//r } @lines);
    $text =~ s/<!--.*?-->//gs;
    $text =~ s/\s+\n/\n/g;
    $text =~ s/^\s+|\s+$//g;
    $page->{example}{$text} //= $page->{line} if $text ne '';
}

sub add_text {
    my ($page, $text) = @_;
    while ($text =~ /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/gs) {
        my $word = $2 =~ s/\s+/ /gr;
        $page->{word}{$word} //= $page->{line};
    }
    $text =~ s/(`+).+?\1//gs;
    while ($text =~ /\]\(([^)\s]+)\)/g) {
        my $to = $1;
        $page->{raw}{$to} = 1;
        $to =~ s/#.*// if $to !~ /^https?:/; # headings are translated, and with them the names of their places
        $to =~ s/\.zh-CN\.md$/.md/;
        $page->{link}{$to} //= $page->{line} if $to ne '';
    }
}

sub read_page {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    my %page = (file => $file, levels => '', rows => 0, line => 1, (map { $_ => {} } qw(example word link raw)));
    my (@code, @text, $fenced);
    my $flush = sub {
        add_example(\%page, @code) if @code;
        add_text(\%page, join("\n", @text)) if @text;
        @code = @text = ();
    };
    while (my $line = <$in>) {
        chomp $line;
        my $starts = !@code && !@text;
        if ($line =~ /^\s*$fence/) {
            $flush->();
            $fenced = !$fenced;
        } elsif ($fenced || ($line =~ /^    / && !@text)) {
            $page{line} = $. if $starts;
            push @code, $line;
        } elsif ($line =~ /^\s*$/) {
            @code ? push(@code, '') : $flush->();
        } else {
            $flush->() if @code || $line =~ /^[#|]/;
            $page{levels} .= length($1) if $line =~ /^(#+) /;
            $page{rows}++ if $line =~ /^\|/;
            $page{line} = $. if !@text;
            push @text, $line;
        }
    }
    $flush->();
    return \%page;
}

sub compare {
    my ($english, $chinese) = @_;
    my %called = (example => 'the example', word => 'the word', link => 'the link to');
    for my $kind (sort keys %called) {
        for my $sides ([$english, $chinese], [$chinese, $english]) {
            my ($one, $other) = @$sides;
            for my $thing (sort keys %{$one->{$kind}}) {
                next if exists $other->{$kind}{$thing} || ($kind eq 'link' && $thing eq basename($english->{file}));
                my $short = $thing =~ s/\n.*/ …/sr;
                print "$one->{file}:$one->{$kind}{$thing}: $called{$kind} $short is not in $other->{file}\n";
            }
        }
    }
    for (['levels', 'headings'], ['rows', 'rows of tables']) {
        my ($kind, $what) = @$_;
        print "$chinese->{file}:1: other $what than $english->{file} ($chinese->{$kind}, $english->{$kind})\n"
            if $chinese->{$kind} ne $english->{$kind};
    }
}

sub check_pair {
    my ($english, $chinese) = map { read_page($_) } @_;
    compare($english, $chinese);
    for ([$english, $chinese], [$chinese, $english]) {
        my ($from, $to) = ($_->[0], basename($_->[1]{file}));
        print "$from->{file}:1: has no link to $to\n" if !$from->{raw}{$to};
    }
}

my %files;
while (<>) {
    chomp;
    $files{$_} = 1;
}
for my $chinese (sort grep { /\.zh-CN\.md$/ && !/$GENERATED/ } keys %files) {
    my $english = $chinese =~ s/\.zh-CN\.md$/.md/r;
    $files{$english} ? check_pair($english, $chinese) : print "$chinese:1: there is no $english\n";
}

# The manual. What its list of options says is written by the program in both, and a test compares.
sub read_manual {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    my %page = (file => $file, line => 1, example => {}, word => {}, link => {}, levels => '', rows => 0);
    my ($after, $written) = ('', 0);
    while (my $line = <$in>) {
        chomp $line;
        $page{levels} .= $1 if $line =~ /^\.S([HS])/;
        $written = $line =~ /OPTIONS|选项/ if $line =~ /^\.SH/;
        $page{example}{$line} //= $. if $after =~ /^\.TP/ || $line =~ /^\.SS/;
        $page{word}{$1} //= $. while !$written && $line =~ /(?<![a-z])((?:\\-)+[a-z](?:[a-z]|\\-)*)/g;
        $page{link}{$1} //= $. while !$written && $line =~ /([a-z.]+) ?\([1-8]\)/g;
        $after = $line;
    }
    return \%page;
}

for my $chinese (sort grep { m{^docs/man/zh_CN/} } keys %files) {
    my $english = $chinese =~ s{zh_CN/}{}r;
    $files{$english} ? compare(read_manual($english), read_manual($chinese)) : print "$chinese:1: there is no $english\n";
}

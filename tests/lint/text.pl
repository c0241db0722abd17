# text.pl LIST: the rules about what stands in the files named in LIST: length, forbidden words, paths of somebody's
# machine, and citizen numbers that could be a person's (right GB 11643 check digit, no synthetic 99 in front).
use strict;
use warnings;

my $MAX_LINES = 700;
my @WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
# Apart, because lint reads itself. An XPath may well begin with the element "root", so that needs more.
my $home = join('|', '/ho' . 'me/[a-z]', '/ro' . 'ot/(?:\.|src|git|work)', '/Us' . 'ers/[a-zA-Z]', '/wo' . 'rk/[a-z]');

sub could_be_a_person {
    my ($number) = @_;
    return 0 if $number =~ /^(99|0)/;
    my $sum = 0;
    $sum += substr($number, $_, 1) * $WEIGHTS[$_] for 0 .. 16;
    return 0 if substr('10X98765432', $sum % 11, 1) ne uc(substr($number, 17, 1));
    my ($year, $month, $day) = (substr($number, 6, 4), substr($number, 10, 2), substr($number, 12, 2));
    return $year >= 1850 && $year <= 2100 && $month >= 1 && $month <= 12 && $day >= 1 && $day <= 31;
}

sub check_line {
    my ($file, $line) = @_;
    my @rules;
    while ($line =~ /(?<![0-9])([0-9]{17}[0-9Xx])(?![0-9])/g) {
        push @rules, 'a citizen number that could be a person\'s; samples start with 99' if could_be_a_person($1);
    }
    if ($file =~ /\.([ch]|sh|py|pl|mk|in|xml|md)$/) {
        push @rules, 'TO' . 'DO: finish it, or open an issue' if $line =~ /\b(TO(?:)DO|FIX(?:)ME|XX(?:)X)\b/;
        push @rules, 'a path of somebody\'s machine' if $line =~ m{(?<![\w.])($home)};
    }
    if ($file =~ /\.[ch]$/) {
        push @rules, 'code that is switched off' if $line =~ /^\s*#\s*if\s+0\b/;
        push @rules, 'tab' if $line =~ /\t/;
        push @rules, 'blank at the end of the line' if $line =~ /[ \t]+$/;
        push @rules, 'strcpy and its kind' if $line =~ /\b(strcpy|strcat|sprintf|vsprintf|gets)\s*\(/;
    }
    print "$file:$.: $_\n" for @rules;
}

while (my $file = <>) {
    chomp($file);
    open(my $in, '<:raw', $file) or next;
    while (my $line = <$in>) {
        $line =~ s/\r?\n$//;
        check_line($file, $line);
    }
    print "$file:$.: longer than $MAX_LINES lines\n" if $file =~ /\.[ch]$/ && $. > $MAX_LINES;
    close($in);
}

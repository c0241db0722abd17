#!/usr/bin/perl
# Writes docs/departments/NAME.md and NAME.zh-CN.md, a page for the engineer of each department's system, out of what is there already: the
# mapping with its comments, the dictionary, the code tables, the fixtures. Run by `make docs`; tests/lint.sh compares.
#   perl docs/departments.pl [FOLDER]     in the source folder; FOLDER instead of docs/departments
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use Encode qw(decode);
use JSON::PP;
use List::Util qw(sum0);

my $to = shift || 'docs/departments';
my $EXAMPLE_CHARACTERS = 1600;
my $TABLE_ROWS = 40;

# ---- Reading ----

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    my $bytes = <$file>;
    return $bytes;
}

sub unescape {
    my ($text) = @_;
    my %means = (lt => '<', gt => '>', amp => '&', quot => '"', apos => "'");
    $text =~ s/&(lt|gt|amp|quot|apos);/$means{$1}/g;
    return $text;
}

# Enough of XML for our own files: elements, attributes, comments.
sub parse {
    my ($path) = @_;
    my $text = decode('UTF-8', slurp($path));
    my $top = {name => '', children => [], comments => []};
    my @open = ($top);
    while ($text =~ /\G(?:<!--(.*?)-->|<\?.*?\?>|<\/[^>]*>|<([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|[^<]+)/gsc) {
        my ($comment, $name, $attributes, $empty) = ($1, $2, $3, $4);
        my $matched = $&;
        if (defined $comment) {
            push @{$open[-1]{comments}}, $comment;
        } elsif (defined $name) {
            my %attributes;
            $attributes{$1} = unescape(defined $2 ? $2 : $3) while $attributes =~ /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
            my $node = {name => $name, attr => \%attributes, children => [], comments => []};
            push @{$open[-1]{children}}, $node;
            push @open, $node unless $empty;
        } elsif ($matched =~ /^<\//) {
            pop @open;
        }
    }
    return $top;
}

sub read_table {
    my ($name) = @_;
    my $path = "mappings/tables/$name.tsv";
    return [] unless -e $path;
    my @rows;
    for my $line (split /\r?\n/, decode('UTF-8', slurp($path))) {
        next if $line =~ /^#/ || $line eq '';
        push @rows, [split /\t/, $line];
    }
    shift @rows;
    return \@rows;
}

my (%elements, %types);
{
    my $dictionary = parse('mappings/dictionary.xml')->{children}[0];
    for my $node (@{$dictionary->{children}}) {
        if ($node->{name} eq 'group') {
            $elements{"$node->{attr}{name}.$_->{attr}{name}"} = {%{$_->{attr}}, repeats => $node->{attr}{repeats}} for @{$node->{children}};
        } elsif ($node->{name} eq 'eventType') {
            $types{"$node->{attr}{name}.v$node->{attr}{version}"} = $node->{attr};
        }
    }
}

# ---- A mapping, spelt out ----

sub fill {
    my ($text, $values) = @_;
    $text =~ s/\{([\w-]+)\}/exists $values->{$1} ? $values->{$1} : "{$1}"/ge;
    return $text;
}

# Copies of nodes with what is defined put in.
sub expand {
    my ($nodes, $defines, $values) = @_;
    my @result;
    for my $node (@$nodes) {
        my %attributes = map { $_ => fill($node->{attr}{$_}, $values) } keys %{$node->{attr}};
        if ($node->{name} eq 'define') {
            if (exists $attributes{value}) {
                $values->{$attributes{name}} = $attributes{value};
            } else {
                $defines->{$attributes{name}} = $node;
            }
        } elsif ($node->{name} eq 'use') {
            my $define = $defines->{$attributes{define}} or next;
            push @result, expand($define->{children}, $defines, {%$values, %attributes});
        } elsif ($node->{name} eq 'service') {
            push @result, $node;
        } else {
            push @result, {name => $node->{name}, attr => \%attributes, children => [expand($node->{children}, $defines, {%$values})]};
        }
    }
    return @result;
}

sub read_mapping {
    my ($path) = @_;
    my $top = parse($path);
    my $root = $top->{children}[0];
    my @nodes = expand($root->{children}, {}, {});
    my ($zh) = grep { /^\s*中文/ } @{$top->{comments}}, @{$root->{comments}};
    my $comment = $top->{comments}[0] // '';
    $zh =~ s/^\s*中文[：:]\s*// if defined $zh;
    return {attr => $root->{attr}, nodes => \@nodes, comment => $comment, zh => $zh};
}

sub nodes_named {
    my ($mapping, $name) = @_;
    return grep { $_->{name} eq $name } @{$mapping->{nodes}};
}

# ---- Words of the two languages ----

my %words = (
    en => {
        made => 'This page is made of the mapping, the dictionary and the fixtures (`make docs`): what stands here is what the bus does.',
        other => 'In Chinese', send => 'How to send',
        faults => 'errors.md', post => 'POST to `/in/SOURCE`, where SOURCE is the name that the administrator gives your system (an example is in [adapters/xml/example.conf](../../adapters/xml/example.conf)). What is common to all departments (encodings, tokens, receipts, sending again) is in [wire.md](../wire.md), every fault code in [errors.md](../errors.md).',
        json => 'XML or JSON (`Content-Type: application/json`). In JSON the outermost object is `/json`.', xml => 'XML, by itself or in SOAP.',
        case => 'Upper and lower case of names do not count.',
        records => 'What is a record, and what becomes of it', path => 'path', when => 'when', event => 'event', meaning => 'meaning', restricted => 'restricted: only for who is named', overtakes => 'goes before all that waits',
        about => 'about', fields => 'Which of your fields are read', sent => 'sent as', element => 'becomes', zh => '中文', form => 'form', sensitivity => 'sensitivity',
        required => 'required', key => 'number of the business', time => 'time', identity => 'who or what it is about', division => 'goes to', also => 'goes also to', or => 'else', constant => 'always',
        codes => 'Words and codes', yes => 'yes', no => 'no', field => 'field', table => 'code table', words => 'also read', more => 'see',
        refuse => 'What is refused', refused => 'sample', code => 'answer', checks => 'Numbers of records that must be right', skipped => 'Rows that are no records', operations => 'Operations',
        means => 'means', example => 'An example', becomes => 'becomes', cut => '… (cut)', all => 'each', every => 'always', answer => 'Your own answers', ok => 'good are',
        repeated => 'for each', secrets => 'Secrets that never travel', notes => 'What is odd about it, and where it is from',
        none => 'Everything else in a record is not lost: it travels as unmapped, and only consumers with the highest clearance see it.',
    },
    zh => {
        made => '本页由映射文件、数据字典和样例自动生成（`make docs`）：这里写的就是总线实际做的。',
        other => '英文版', send => '怎样发送',
        faults => 'errors.zh-CN.md', post => '用 POST 发到 `/in/SOURCE`，SOURCE 是管理员给你的系统起的名字（例子见 [adapters/xml/example.conf](../../adapters/xml/example.conf)）。各部门共同的约定（编码、令牌、回执、重发）见 [wire.zh-CN.md](../wire.zh-CN.md)，所有错误代码见 [errors.zh-CN.md](../errors.zh-CN.md)。',
        json => 'XML 或 JSON（`Content-Type: application/json`）。JSON 最外层对象的路径是 `/json`。', xml => 'XML，单独发送或放在 SOAP 里。',
        case => '元素名不分大小写。',
        records => '什么算一条记录，会变成什么', path => '路径', when => '条件', event => '事件', meaning => '含义', restricted => '受限：只给逐个指名的消费方', overtakes => '优先投递',
        about => '主体', fields => '读取你的哪些字段', sent => '你的字段', element => '变成', zh => '中文', form => '形式', sensitivity => '敏感级别',
        required => '必填', key => '业务编号', time => '时间', identity => '主体标识', division => '送往', also => '同时送往', or => '否则取', constant => '固定为',
        codes => '词语与代码', yes => '表示是', no => '表示否', field => '字段', table => '代码表', words => '还认得', more => '见',
        refuse => '什么会被拒绝', refused => '样例', code => '答复', checks => '必须相符的记录数', skipped => '不算记录的行', operations => '操作',
        means => '含义', example => '一个例子', becomes => '变成', cut => '…（截短）', all => '每条', every => '总是', answer => '你方自己的答复', ok => '成功代码',
        repeated => '每个', secrets => '绝不外传的机密字段', notes => '特别之处与来源',
        none => '记录里其余的内容不会丢失：作为 unmapped 随事件走，只有最高权限的消费方看得到。',
    },
);

# ---- Writing ----

sub cell {
    my ($text) = @_;
    $text =~ s/\s+/ /g;
    $text =~ s/\|/\\|/g;
    return $text;
}

sub code { my ($text) = @_; $text = cell($text); return $text eq '' ? '' : "`$text`"; }

sub paths {
    my ($attributes, $w) = @_;
    return "$w->{constant} " . code($attributes->{value}) if defined $attributes->{value} && !defined $attributes->{from};
    my @from = split ' ', $attributes->{from} // $attributes->{xpath} // '';
    @from = ($attributes->{xpath}) if defined $attributes->{xpath} && !defined $attributes->{from};
    my @or = split ' ', $attributes->{or} // '';
    my $text = join ' ', map { code($_) } @from;
    $text .= ", $w->{or} " . join(', ', map { code($_) } @or) if @or;
    return $text;
}

sub form_of {
    my ($attributes, $element, $w) = @_;
    my @parts = ($attributes->{as} // $element->{type});
    my $table = $attributes->{table} // $element->{table};
    push @parts, "$w->{table} $table" if $table;
    push @parts, $attributes->{unit} if $attributes->{unit};
    push @parts, "**$w->{required}**" if ($attributes->{required} // '') eq 'yes';
    return join ', ', @parts;
}

sub element_rows {
    my ($nodes, $prefix, $w) = @_;
    my @rows;
    for my $node (@$nodes) {
        if ($node->{name} eq 'element' || $node->{name} eq 'reference' || $node->{name} eq 'recorded') {
            my $name = $node->{attr}{to} // 'registration.acceptedAt';
            my $element = $elements{$name} // $elements{"$name.digest"} // {zh => '', type => 'reference', sensitivity => ''};
            my $from = paths($node->{attr}, $w);
            $from = "$prefix$from" if $prefix ne '';
            push @rows, sprintf('| %s | `%s` | %s | %s | %s |', $from, $name, $element->{zh}, form_of($node->{attr}, $element, $w), $element->{sensitivity});
        } elsif ($node->{name} eq 'each') {
            my $path = $node->{attr}{path};
            push @rows, element_rows($node->{children}, $path ? "$w->{repeated} " . code($path) . ': ' : '', $w);
        }
    }
    return @rows;
}

# What of an event's head a sender wants to know.
sub head_lines {
    my ($event, $w) = @_;
    my @lines;
    for my $node (@{$event->{children}}) {
        my $attributes = $node->{attr};
        if ($node->{name} eq 'id') {
            push @lines, "- $w->{key}: " . join(' + ', map { code($_) } split ' ', ($attributes->{from} // '') . ' ' . ($attributes->{also} // ''));
        } elsif ($node->{name} eq 'time') {
            push @lines, "- $w->{time}: " . paths($attributes, $w);
        } elsif ($node->{name} eq 'identity') {
            push @lines, "- $w->{identity}: `$attributes->{kind}` " . paths($attributes, $w);
        } elsif ($node->{name} eq 'division') {
            push @lines, "- $w->{division}: " . paths($attributes, $w);
        } elsif ($node->{name} eq 'other-division') {
            push @lines, "- $w->{also}: " . paths($attributes, $w);
        }
    }
    return @lines;
}

sub write_records {
    my ($mapping, $w) = @_;
    my @lines = ("## $w->{records}", '', "| $w->{path} | $w->{when} | $w->{event} | $w->{meaning} |", '|---|---|---|---|');
    for my $event (nodes_named($mapping, 'event')) {
        my $type = $types{$event->{attr}{type}} // {};
        my $when = $event->{attr}{when} // $event->{attr}{'xpath-when'} // '';
        my $meaning = $type->{zh} // '';
        $meaning .= " ($w->{restricted})" if ($type->{restricted} // '') eq 'yes';
        $meaning .= " ($w->{overtakes})" if ($type->{overtakes} // '') eq 'yes';
        push @lines, sprintf('| %s | %s | `%s` | %s |', join(' ', map { code($_) } split ' ', $event->{attr}{'for-each'} // ''),
            $when eq '' ? $w->{every} : code($when), $event->{attr}{type}, $meaning);
    }
    return (@lines, '');
}

# Types that carry the same stand together; where their heads differ, each type's follows.
sub write_fields {
    my ($mapping, $w) = @_;
    my (@order, %seen);
    for my $event (nodes_named($mapping, 'event')) {
        my @rows = element_rows($event->{children}, '', $w);
        my $key = join "\n", @rows;
        my $type = $event->{attr}{type};
        push @order, $key unless $seen{$key};
        $seen{$key}{rows} = \@rows;
        push @{$seen{$key}{types}}, $type unless grep { $_ eq $type } @{$seen{$key}{types} // []};
        for my $line (head_lines($event, $w)) {
            push @{$seen{$key}{lines}}, $line unless $seen{$key}{of}{$line};
            $seen{$key}{of}{$line}{$type} = 1;
        }
    }
    my @lines = ("## $w->{fields}", '', $w->{none}, '');
    for my $key (@order) {
        my $one = $seen{$key};
        my $count = @{$one->{types}};
        push @lines, '### ' . join(', ', map { "`$_`" } @{$one->{types}}), '';
        for my $line (@{$one->{lines} // []}) {
            my @of = sort keys %{$one->{of}{$line}};
            push @lines, $line . (@of < $count ? ' (' . join(', ', map { "`$_`" } @of) . ')' : '');
        }
        push @lines, '', "| $w->{sent} | $w->{element} | $w->{zh} | $w->{form} | $w->{sensitivity} |", '|---|---|---|---|---|', @{$one->{rows}}, '';
    }
    return @lines;
}

sub write_codes {
    my ($mapping, $w) = @_;
    my @lines;
    for my $flag (nodes_named($mapping, 'flag')) {
        push @lines, sprintf('- %s: %s %s; %s %s', join(' ', map { code($_) } split ' ', $flag->{attr}{from}), $w->{yes},
            join(' ', map { code($_) } split ' ', $flag->{attr}{yes}), $w->{no}, join(' ', map { code($_) } split ' ', $flag->{attr}{no}));
    }
    my %done;
    my @uses = map { $_->{attr} } nodes_named($mapping, 'choice');
    my @walk = nodes_named($mapping, 'event');
    while (my $node = shift @walk) {
        push @walk, @{$node->{children}};
        push @uses, $node->{attr} if $node->{name} eq 'element' && ($node->{attr}{translate} || $node->{attr}{table});
    }
    for my $use (@uses) {
        my $table = $use->{table} // ($use->{to} ? ($elements{$use->{to}} // {})->{table} : undef);
        my $key = ($table // '') . ' ' . ($use->{translate} // '');
        next if $done{$key}++ || !$table;
        my $rows = read_table($table);
        my $list = @$rows > $TABLE_ROWS ? "$w->{more} [$table.tsv](../../mappings/tables/$table.tsv)" : join(', ', map { "$_->[0] " . ($_->[1] // '') } @$rows);
        my $line = "- $w->{table} `$table`: $list";
        my $translated = $use->{translate} ? read_table("translate/$use->{translate}") : [];
        $line .= ". $w->{words}: " . (@$translated > $TABLE_ROWS ? "$w->{more} [$use->{translate}.tsv](../../mappings/tables/translate/$use->{translate}.tsv)"
            : join(', ', map { "$_->[0] → $_->[1]" } @$translated)) if @$translated;
        push @lines, cell($line);
    }
    return @lines ? ("## $w->{codes}", '', @lines, '') : ();
}

sub write_rules {
    my ($mapping, $w) = @_;
    my @lines;
    my @operations = nodes_named($mapping, 'operation');
    push @operations, map { grep { $_->{name} eq 'operation' } @{$_->{children}} } nodes_named($mapping, 'service');
    push @lines, "- $w->{operations}: " . join(', ', map { code($_->{attr}{name}) . ($_->{attr}{means} ? " ($_->{attr}{means})" : '') } @operations) if @operations;
    push @lines, map { "- $w->{checks}: " . code($_->{attr}{from}) . ' = ' . join(' + ', map { code($_) } split ' ', $_->{attr}{of}) } nodes_named($mapping, 'count');
    push @lines, map { "- $w->{answer}: " . join(' ', map { code($_) } split ' ', $_->{attr}{for}) . ($_->{attr}{ok} ? " " . code($_->{attr}{code}) . ", $w->{ok} " . code($_->{attr}{ok}) : '') } nodes_named($mapping, 'answer');
    push @lines, map { "- $w->{skipped}: " . code($_->{attr}{when} // $_->{attr}{'xpath-when'} // '') } nodes_named($mapping, 'skip');
    push @lines, map { "- $w->{secrets}: " . code($_->{attr}{name}) } nodes_named($mapping, 'secret');
    push @lines, map { "- $w->{refuse}: " . join(' ', map { code($_) } split ' ', $_->{attr}{for}) . ": `$_->{attr}{code}`" . ($_->{attr}{text} ? " ($_->{attr}{text})" : '') } nodes_named($mapping, 'refuse');
    return @lines ? (@lines, '') : ();
}

# ---- Fixtures ----

sub read_fixtures {
    my ($name) = @_;
    my ($folder) = grep { -d $_ } "adapters/xml/fixtures/$name", "adapters/$name/fixtures";
    return () unless $folder;
    my @fixtures;
    for my $path (sort glob "$folder/*.expected.json") {
        (my $stem = $path) =~ s/\.expected\.json$//;
        my ($payload) = grep { !/\.expected\.json$/ } glob "$stem.*";
        my $expected = eval { decode_json(slurp($path)) };
        next unless $payload && ref $expected eq 'HASH';
        (my $title = $stem) =~ s{.*/}{};
        push @fixtures, {title => $title, path => $payload, expected => $expected, bytes => slurp($payload)};
    }
    return @fixtures;
}

sub text_of {
    my ($bytes) = @_;
    my $text = eval { decode('UTF-8', $bytes, Encode::FB_CROAK | Encode::LEAVE_SRC) } // eval { decode('cp936', $bytes, Encode::FB_CROAK | Encode::LEAVE_SRC) };
    return defined $text && $text =~ /^\s*\x{feff}?[<{\[]/ ? $text : undef;
}

# How many elements an event's data has.
sub count_elements {
    my ($data) = @_;
    return ref $data eq 'HASH' ? sum0(map { count_elements($data->{$_}) } grep { $_ ne 'quality' && $_ ne 'unmapped' } keys %$data)
        : ref $data eq 'ARRAY' ? sum0(map { count_elements($_) } @$data)
        : 1;
}

# The one whose first event says most, of those that can be shown whole; what is restricted only where there is nothing else.
sub write_example {
    my ($fixtures, $w) = @_;
    my @good = grep { ref $_->{expected}{events} eq 'ARRAY' && @{$_->{expected}{events}} && ref $_->{expected}{events}[0] eq 'HASH' && $_->{expected}{events}[0]{data} && defined text_of($_->{bytes}) } @$fixtures;
    my %rank = map { $_ => ($types{$_->{expected}{events}[0]{type}}{restricted} // '') eq 'yes' ? 1 : 0 } @good;
    $rank{$_} += 2 for grep { length text_of($_->{bytes}) > $EXAMPLE_CHARACTERS } @good;
    my %says = map { $_ => count_elements($_->{expected}{events}[0]{data}) } @good;
    my ($best) = sort { $rank{$a} <=> $rank{$b} || $says{$b} <=> $says{$a} || length $a->{bytes} <=> length $b->{bytes} || $a->{title} cmp $b->{title} } @good;
    $best //= $good[0] or return ();
    my $text = text_of($best->{bytes});
    $text =~ s/^\x{feff}//;
    $text =~ s/(<\/[^>]+>|\/>|\?>)(?=<)/$1\n/g if $text !~ /\n.*\n/;
    $text = substr($text, 0, $EXAMPLE_CHARACTERS) . "\n$w->{cut}" if length $text > $EXAMPLE_CHARACTERS;
    $text =~ s/\s+$//;
    $text =~ s/[ \t]+$//mg;
    $text =~ s/\r//g;
    my $event = $best->{expected}{events}[0];
    my $shown = JSON::PP->new->pretty->indent_length(2)->canonical->encode({type => $event->{type}, action => $event->{action}, time => $event->{time}, division => $event->{division}, data => $event->{data}});
    $shown =~ s/\s+$//;
    return ("## $w->{example}", '', "`$best->{title}`:", '', '```' . ($text =~ /^\s*</ ? 'xml' : 'json'), $text, '```', '', "$w->{becomes}:", '', '```json', $shown, '```', '');
}

sub write_refusals {
    my ($fixtures, $w) = @_;
    my @bad = grep { defined $_->{expected}{fault} } @$fixtures;
    return () unless @bad;
    return ("## $w->{refuse}", '', "| $w->{refused} | $w->{code} |", '|---|---|',
        (map { "| [$_->{title}](../../$_->{path}) | [`$_->{expected}{fault}`](../$w->{faults}) |" } @bad), '');
}

# ---- Pages ----

# The comment's first line is "English name (中文名): …".
sub title_of {
    my ($mapping, $language) = @_;
    my ($english, $chinese) = $mapping->{comment} =~ /^\s*([^(（:]+?)\s*[(（]([^)）]*\p{Han}[^)）]*)[)）]/;
    $english //= $mapping->{attr}{source};
    $chinese //= $mapping->{attr}{source};
    return $language eq 'en' ? "$english ($chinese)" : $chinese;
}

sub paragraphs {
    my ($text) = @_;
    $text =~ s/^\s+|\s+$//g;
    my @paragraphs = split /\n\s*\n/, $text;
    s/\s*\n\s*/\n/g for @paragraphs;
    return map { ($_, '') } @paragraphs;
}

sub write_page {
    my ($name, $mapping, $language) = @_;
    my $w = $words{$language};
    my @fixtures = read_fixtures($name);
    my $json = grep { ($_->{attr}{'for-each'} // '') =~ m{/json} } nodes_named($mapping, 'event');
    my $other = $language eq 'en' ? "$name.zh-CN.md" : "$name.md";
    my @lines = ('# ' . title_of($mapping, $language), '', "[$w->{other}]($other). `mappings/$name.xml`. $w->{made}", '',
        "## $w->{send}", '', $w->{post}, '', ($json ? $w->{json} : $w->{xml}) . (($mapping->{attr}{case} // '') eq 'ignore' ? " $w->{case}" : ''), '');
    push @lines, write_rules($mapping, $w), write_records($mapping, $w), write_example(\@fixtures, $w), write_refusals(\@fixtures, $w);
    push @lines, write_codes($mapping, $w), write_fields($mapping, $w);
    my $notes = $language eq 'en' ? $mapping->{comment} : $mapping->{zh};
    push @lines, "## $w->{notes}", '', paragraphs($notes) if $notes;
    my $suffix = $language eq 'en' ? '' : '.zh-CN';
    open my $file, '>:encoding(UTF-8)', "$to/$name$suffix.md" or die "$to/$name$suffix.md: $!\n";
    my $text = join("\n", @lines);
    $text =~ s/\n{3,}/\n\n/g;
    $text =~ s/\n+$/\n/;
    print $file $text =~ /\n$/ ? $text : "$text\n";
    close $file or die "$to/$name$suffix.md: $!\n";
}

sub write_index {
    my ($pages) = @_;
    open my $file, '>:encoding(UTF-8)', "$to/README.md" or die "$to/README.md: $!\n";
    print $file "# Departments 部门接入页\n\nOne page for the engineer of each department's system, made by `make docs`. 每个部门的工程师各有一页，由 `make docs` 生成。\n\n| mapping | English | 中文 |\n|---|---|---|\n";
    print $file "| `$_->[0]` | [$_->[1]]($_->[0].md) | [$_->[2]]($_->[0].zh-CN.md) |\n" for @$pages;
    close $file or die "$to/README.md: $!\n";
}

mkdir $to unless -d $to;
my @pages;
for my $path (sort glob 'mappings/*.xml') {
    my ($name) = $path =~ m{([^/]+)\.xml$};
    next if $name eq 'dictionary';
    my $mapping = read_mapping($path);
    write_page($name, $mapping, $_) for 'en', 'zh';
    push @pages, [$name, title_of($mapping, 'en'), title_of($mapping, 'zh')];
}
write_index(\@pages);

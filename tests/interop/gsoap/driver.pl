# driver.pl SOURCE VERSION HEADER PLAN: writes a C program that does what the plan says for this source and version of SOAP, with the functions and types of
# the header that wsdl2h made: a call for each operation and set of arguments, as somebody would write it, and a loop over the plan.
use strict;
use warnings;

my ($source, $version, $header_path, $plan_path) = @ARGV;

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file>;
}

my $header = slurp($header_path);
$header =~ s{^///.*\n}{}gm;

# gSOAP's names of names: an underscore is written out.
sub mangle {
    my ($name) = @_;
    $name =~ s/_/_USCORE/g;
    return $name;
}

# The members of a structure that can be printed.
sub members {
    my ($type, $value, $prefix) = @_;
    my ($body) = $header =~ /^struct \Q$type\E\s*\{(.*?)^\};/ms or die "no struct $type\n";
    my $code = '';
    while ($body =~ /^\s+(char\*|LONG64\*?|time_t)\s+(\w+)\b/gm) {
        my ($kind, $name) = ($1, $2);
        my $function = $kind eq 'char*' ? 'say_text' : 'say_number';
        my $got = $kind eq 'LONG64*' ? "$value$name ? *$value$name : 0" : "$value$name";
        $code .= "    $function(\"$prefix$name\", $got);\n";
    }
    return $code;
}

# Statements that put values[$index] where the path says. Elements that repeat are pointers with a size beside them.
sub assignments {
    my ($type, $index, $path) = @_;
    my @parts = map { s/^@//r } split m{/}, $path;
    my ($choice) = $header =~ /^  \$ int\s+__union_Submit\s/m ? ("$type" =~ s/^_(\w+?)__Submit/_$1__union_Submit/r) : undef;
    return '    in.' . mangle($parts[0]) . " = values[$index];\n" if !$choice || $type !~ /__Submit$/;
    my $code = "    in.__union_Submit = SOAP_UNION_${choice}_$parts[0];\n";
    return $code . "    in.union_Submit.$parts[0] = values[$index];\n" if @parts == 1;
    my $pointer = $header =~ /^    \}\s+\*$parts[0]\s.*Choice of element/m;
    my $place = "in.union_Submit.$parts[0]";
    my $allocate = sub { "    if (!$_[0]) $_[0] = soap_malloc(soap, sizeof *$_[0]), memset($_[0], 0, sizeof *$_[0]);\n" };
    $code .= "    if (!filled) memset(&in.union_Submit, 0, sizeof in.union_Submit), filled = 1;\n";
    $code .= $allocate->($place) if $pointer;
    $place .= $pointer ? '->' : '.';
    for my $folder (@parts[1 .. $#parts - 1]) {
        $code .= "    ${place}__size" . mangle($folder) . " = 1;\n" . $allocate->($place . mangle($folder));
        $place .= mangle($folder) . '->';
    }
    return $code . "    $place" . mangle($parts[-1]) . " = values[$index];\n";
}

# In document style a call has one structure; in rpc style each argument is one of its own. Both have one for the answer.
sub write_call {
    my ($number, $operation, @paths) = @_;
    my $name = mangle($operation);
    my ($function, $parameters) = $header =~ /^int (\w+__\Q$name\E)\((.*?)^\);/ms or return '';
    my @types = $parameters =~ /(struct \w+|char)\s*\*/g;
    my $answer = pop @types;
    my ($given, $code) = ('', "    $answer out;\n    memset(&out, 0, sizeof out);\n");
    if ($types[0] eq 'char') {
        $given = join ', ', map { "values[$_]" } 0 .. $#paths;
    } else {
        $given = '&in';
        $code .= "    $types[0] in;\n    memset(&in, 0, sizeof in);\n    int filled = 0;\n    (void)filled;\n";
        $code .= assignments(substr($types[0], 7), $_, $paths[$_]) for 0 .. $#paths;
    }
    my $say = members(substr($answer, 7), 'out.', '');
    return "static int call_$number(struct soap *soap, char **values)\n{\n$code" .
        "    if (soap_call_$function(soap, NULL, NULL, $given, &out)) return soap->error;\n" .
        "    printf(\"\\tanswer\");\n$say    return SOAP_OK;\n}\n\n";
}

my %calls;
for (split /\n/, slurp($plan_path)) {
    my (undef, $of, undef, $spoken, $operation, @arguments) = split /\t/;
    next if $of ne $source || $spoken ne $version || $operation eq '-';
    $calls{join "\t", $operation, map { (split /=/)[0] } @arguments} = 1;
}

my ($number, $table) = (0, '');
my ($fault) = $header =~ /struct (\w+)\*\s+\w+__fault\s/;
my ($detail) = $header =~ /struct \w+\*\s+(\w+__fault)\s/;
my ($map) = glob '*.nsmap';
print qq{#include "soapH.h"\n#include "$map"\n\n}, <<'END';
static void say_text(const char *name, const char *text)
{
    printf("\t%s=", name);
    for (; text && *text; text++) putchar(strchr("\t\r\n", *text) ? ' ' : *text);
}

static void say_number(const char *name, long long number) { printf("\t%s=%lld", name, number); }

END
for my $call (sort keys %calls) {
    my $code = write_call($number, split /\t/, $call) or next;
    print $code;
    $table .= '    {"' . ($call =~ s/\t/\\t/gr) . "\", call_$number},\n";
    $number++;
}
print "static const struct {\n    const char *name;\n    int (*call)(struct soap *, char **);\n} calls[] = {\n$table};\n\n",
    "static void say_detail(const struct $fault *detail)\n{\n", members($fault, 'detail->', 'detail.'), "}\n\n",
    "#define DETAIL $detail\n#define SOURCE \"$source\"\n#define VERSION \"$version\"\n\n", <<'END';
static void say_fault(struct soap *soap)
{
    struct SOAP_ENV__Fault *fault = soap->fault;
    struct SOAP_ENV__Detail *detail = !fault ? NULL : fault->detail ? fault->detail : fault->SOAP_ENV__Detail;
    printf(detail ? "\tfault" : "\terror");
    say_text("code", *soap_faultcode(soap));
    say_text("text", *soap_faultstring(soap));
    if (detail && detail->DETAIL) say_detail(detail->DETAIL);
}

static int call(struct soap *soap, const char *name, char **values)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (!strcmp(calls[i].name, name)) return calls[i].call(soap, values);
    }
    printf("\terror\ttext=no function for %s", name);
    return SOAP_OK;
}

static void act(char *rest)
{
    char *values[16], name[1024] = "";
    struct soap *soap = soap_new1(SOAP_C_UTFSTRING);
    soap->recv_timeout = soap->send_timeout = 20;
    strcat(name, strsep(&rest, "\t"));
    for (int i = 0; rest; i++) {
        char *path = strsep(&rest, "\t");
        values[i] = strchr(path, '=');
        *values[i]++ = 0;
        strcat(strcat(name, "\t"), path);
    }
    if (!strcmp(name, "-")) printf("\topened");
    else if (call(soap, name, values)) say_fault(soap);
    soap_destroy(soap), soap_end(soap), soap_free(soap);
}

int main(int argc, char **argv)
{
    FILE *plan = fopen(argc > 1 ? argv[1] : "", "r");
    char *line = NULL;
    size_t size = 0;
    while (plan && getline(&line, &size, plan) > 0) {
        char *rest = line;
        rest[strcspn(rest, "\n")] = 0;
        char *number = strsep(&rest, "\t"), *source = strsep(&rest, "\t");
        if (strcmp(source, SOURCE)) continue;
        strsep(&rest, "\t");
        if (strcmp(strsep(&rest, "\t"), VERSION)) continue;
        printf("%s", number);
        act(rest);
        puts("");
    }
    return plan ? 0 : 1;
}
END

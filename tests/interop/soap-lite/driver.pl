# driver.pl ADDRESS PLAN: does what the plan says with SOAP::Lite, one stub for each service. Stubs are for SOAP 1.1: told
# to speak 1.2, they write an envelope without a namespace.
use strict;
use warnings;
use open qw(:std :encoding(UTF-8));
use SOAP::Lite;

my ($address, $plan) = @ARGV;
my %stubs;

# PATH=VALUE as hashes in hashes; the names of attributes begin with @.
sub nest {
    my %whole;
    for (@_) {
        my ($path, $value) = split /=/, $_, 2;
        my @folders = split m{/}, $path;
        my $name = pop @folders;
        my $place = \%whole;
        $place = $place->{$_} //= {} for @folders;
        $place->{$name} = $value;
    }
    return \%whole;
}

# A hash as SOAP::Data: its members, in elements and attributes.
sub elements {
    my ($hash) = @_;
    my @all;
    for my $name (sort grep { !/^@/ } keys %$hash) {
        my $value = $hash->{$name};
        if (!ref $value) {
            push @all, SOAP::Data->name($name => $value)->type('string');
            next;
        }
        my %attributes = map { substr($_, 1) => $value->{$_} } grep { /^@/ } keys %$value;
        my @inner = elements($value);
        push @all, SOAP::Data->name($name => @inner ? \SOAP::Data->value(@inner) : '')->attr(\%attributes);
    }
    return @all;
}

# The arguments of a department's own operation are texts, by place; those of Submit are elements.
sub arguments {
    my ($operation, @given) = @_;
    return $operation eq 'Submit' ? elements(nest(@given)) : map { (split /=/, $_, 2)[1] } @given;
}

sub open_stub {
    my ($source, $service) = @_;
    my $stub = $stubs{"$source $service"} //= SOAP::Lite->service("$address/in/$source?wsdl=$service");
    $stub->want_som(1);
    return $stub;
}

sub flat {
    my ($prefix, $hash) = @_;
    return map { ref $hash->{$_} ? () : ("$prefix$_" => $hash->{$_}) } sort keys %$hash;
}

sub describe {
    my ($som) = @_;
    if (!$som->fault) {
        my $answer = $som->body ? (values %{$som->body})[0] : undef;
        return ('answer', ref $answer ? flat('', $answer) : (return => scalar $answer));
    }
    my $detail = $som->faultdetail;
    return ('fault', code => $som->faultcode, text => $som->faultstring, flat('detail.', $detail ? $detail->{fault} : {}));
}

sub act {
    my ($source, $service, undef, $operation, @arguments) = @_;
    my $stub = open_stub($source, $service);
    return ('opened') if $operation eq '-';
    my $method = $stub->can($operation) or die "no $operation\n";
    return describe($stub->$method(arguments($operation, @arguments)));
}

open my $file, '<', $plan or die "$plan: $!\n";
while (my $line = <$file>) {
    chomp $line;
    my ($number, @step) = split /\t/, $line;
    my ($kind, %said) = eval { act(@step) };
    ($kind, %said) = ('error', text => substr($@, 0, 300)) if !$kind;
    my @fields = map { my $value = $said{$_} // ''; $value =~ s/\s+/ /g; "$_=$value" } sort keys %said;
    print join("\t", $number, $kind, @fields), "\n";
}

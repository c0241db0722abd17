use strict;
use utf8;
use SOAP::Lite;

my $port = SOAP::Lite->service($ARGV[0]);    # …?wsdl=Submit: one service
$port->want_som(1);
for my $person ('<XM>测试丁</XM>', '') {
    my $document = "<ROWS><ROW><SWZXID>PERL-1</SWZXID><HJYWID>PERL-1</HJYWID><SWRQ>20090318</SWRQ>$person</ROW></ROWS>";
    my $answer = $port->Submit(SOAP::Data->name(document => $document)->type('string'));
    if ($answer->fault) {
        my $detail = $answer->faultdetail->{fault};
        print "$detail->{code} $detail->{messageId}\n";
    } else {
        print $answer->valueof('//SubmitResponse/messageId'), "\n";
    }
}

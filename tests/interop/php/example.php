<?php
$client = new SoapClient($argv[1], ['soap_version' => SOAP_1_2, 'cache_wsdl' => WSDL_CACHE_NONE]);
foreach (['<XM>测试丁</XM>', ''] as $person) {
    $document = "<ROWS><ROW><SWZXID>PHP-1</SWZXID><HJYWID>PHP-1</HJYWID><SWRQ>20090318</SWRQ>$person</ROW></ROWS>";
    try {
        echo $client->Submit(['document' => $document])->messageId, "\n";
    } catch (SoapFault $error) {
        $detail = $error->detail->fault;
        echo "$detail->code $detail->messageId\n";
    }
}
